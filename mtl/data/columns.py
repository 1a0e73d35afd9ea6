"""Columns of a split's file as arrays over its memory: the tokens of texts, the values of targets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..text.features import Ragged

if TYPE_CHECKING:
    from .batch import FeaturePlace


class TextColumns(NamedTuple):
    """The tokens of an input's texts: bounds of texts, and the flat values of features."""

    offsets: NDArray[np.int64]
    features: tuple[tuple[FeaturePlace, Ragged], ...]


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


def values(array: pa.Array, dtype: Any) -> NDArray[Any]:
    """Return an Arrow array of numbers as one of NumPy's, over the same memory."""
    found: NDArray[Any] = np.frombuffer(array.buffers()[1] or b"", dtype)[array.offset : array.offset + len(array)]
    return found


def offsets_of(array: pa.Array) -> NDArray[np.int64]:
    """Return the bounds of the lists in an Arrow array, over the same memory."""
    return np.frombuffer(array.buffers()[1], np.int64)[: len(array) + 1]
