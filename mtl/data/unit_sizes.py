"""How long the units of a split are: their tokens, the pieces of these, and what batches are planned by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..text.pieces import PieceIds

if TYPE_CHECKING:
    from ..graph.calls import InputKey
    from ..text.features import Feature, Ragged
    from .columns import TextColumns


@dataclass(frozen=True)
class UnitSizes:
    """The sizes of N units, from those of their texts.

    `texts` are kept columns by input, `features` what components read of them, `text_lengths` the tokens of each text
    of a column. `numbers` [N] say which text of a column each unit has, `items` [N+1] bound the texts of its list; of
    other columns each unit has one text, in their order.
    """

    texts: Mapping[InputKey, TextColumns]
    features: Mapping[str, Sequence[Feature]]
    text_lengths: Mapping[str, NDArray[np.int32]]
    numbers: Mapping[str, NDArray[np.int32]]
    items: Mapping[str, NDArray[np.int64]]

    def of_units(self, column: str, of_texts: NDArray[Any]) -> NDArray[Any]:
        """Return a value of each unit from one of each text of a column: of lists, the sum."""
        if column in self.numbers:
            return of_texts[self.numbers[column]]
        if column in self.items:
            return np.add.reduceat(of_texts, self.items[column][:-1])
        return of_texts

    @cached_property
    def lengths(self) -> NDArray[np.int32]:
        """[N]: the tokens of each unit's longest input."""
        found: NDArray[np.int32] = np.max([self.of_units(*column) for column in self.text_lengths.items()], axis=0)
        return found

    @cached_property
    def planned(self) -> NDArray[np.int32]:
        """[N]: the positions of each unit's longest input: tokens, or pieces where a feature has an axis of them."""
        found = self.lengths
        for key in self.texts:
            for feature, ragged in self._read(key):
                if feature.dims == ("P",):
                    found = np.maximum(found, self.of_units(key.column, np.diff(ragged.offsets[0]).astype(np.int32)))
        return found

    def pieces(self, key: InputKey) -> NDArray[np.int64] | None:
        """Return [N]: how many of a tokenizer's own pieces of an input each unit has; None where nothing reads these.

        An empty text has none: what is kept of it is the padding token's one piece, of id 0, which no other has.
        """
        for feature, ragged in self._read(key):
            if isinstance(feature, PieceIds) and feature.own is not None:
                bounds = ragged.offsets[0]
                counts = np.diff(bounds)
                counts[ragged.values[bounds[:-1]] == 0] = 0
                return self.of_units(key.column, counts)
        return None

    def _read(self, key: InputKey) -> Iterator[tuple[Feature, Ragged]]:
        """Yield the features of an input with their values."""
        for (component, number, _), ragged in self.texts[key].features:
            yield self.features[component][number], ragged
