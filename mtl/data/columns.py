"""Columns of a split's file as arrays over its memory: the tokens of texts, the values of targets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray

from ..text.features import Ragged
from .collate import grid, pad_at, values_at

if TYPE_CHECKING:
    from ..graph.calls import InputKey
    from .batch import Batch, FeaturePlace

WORDS = 1 << 20  # words whose ids are read together


class TextColumns(NamedTuple):
    """The tokens of an input's texts: bounds of texts, and the flat values of features."""

    offsets: NDArray[np.int64]
    features: tuple[tuple[FeaturePlace, Ragged], ...]

    @property
    def texts(self) -> int:
        """How many texts there are."""
        return len(self.offsets) - 1

    def fill(self, batch: Batch, key: InputKey, numbers: NDArray[np.int64]) -> None:
        """Give a batch the lengths and features of some texts of an input, by their numbers."""
        at = grid(self.offsets, numbers)
        batch.lengths[key] = torch.from_numpy(at.lengths)
        for place, ragged in self.features:
            own = at if ragged.offsets[0] is self.offsets else grid(ragged.offsets[0], numbers)
            batch.features[place] = torch.from_numpy(pad_at(ragged, own))

    def words(self, place: FeaturePlace) -> Iterator[NDArray[np.int64]]:
        """Yield the values of a feature for the words of all texts, many at a time, then 0 for the end of each text."""
        (ids,) = (ragged.values for own, ragged in self.features if own == place)
        for first in range(0, len(ids), WORDS):
            yield ids[first : first + WORDS].astype(np.int64)
        yield np.zeros(self.texts, np.int64)


class TargetColumns(NamedTuple):
    """The values of a target, and the bounds of those of each unit where there are several."""

    values: NDArray[Any]
    bounds: NDArray[np.int64] | None

    def of(self, unit: int) -> NDArray[Any]:
        """Return a unit's values."""
        if self.bounds is None:
            found: NDArray[Any] = self.values[unit]
            return found
        return self.values[self.bounds[unit] : self.bounds[unit + 1]]

    def padded(self, units: NDArray[np.int64], missing: float) -> NDArray[Any]:
        """Return the values of some units, int64 where they are whole numbers, with what is `missing` for padding."""
        if self.bounds is not None:
            return values_at(self.values, grid(self.bounds, units), int(missing))
        taken = self.values[units]
        return taken.astype(np.int64) if np.issubdtype(taken.dtype, np.integer) else taken


def values(array: pa.Array, dtype: Any) -> NDArray[Any]:
    """Return an Arrow array of numbers as one of NumPy's, over the same memory."""
    found: NDArray[Any] = np.frombuffer(array.buffers()[1] or b"", dtype)[array.offset : array.offset + len(array)]
    return found


def offsets_of(array: pa.Array) -> NDArray[np.int64]:
    """Return the bounds of the lists in an Arrow array, over the same memory."""
    return np.frombuffer(array.buffers()[1], np.int64)[: len(array) + 1]
