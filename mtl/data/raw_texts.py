"""The texts of a split as its rows had them, by unit or by their own numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .split_file import SplitFile

Rows = Sequence[int] | NDArray[np.integer] | None


class RawTexts:
    """The columns of texts in a split's file.

    `items` are, by column, where each unit's list begins, [N + 1], and `numbers` which text each unit has, [N], where
    it is kept once for several units; a column that is in neither has one text a unit.
    """

    def __init__(
        self, file: SplitFile, items: Mapping[str, NDArray[np.int64]], numbers: Mapping[str, NDArray[np.int32]]
    ) -> None:
        self._file = file
        self._items = items
        self._numbers = numbers

    def of_units(self, column: str, count: int, rows: Rows = None) -> list[Any]:
        """Return the texts of a column for some units, or for all `count` of them: a text each, or a list."""
        texts = self._file.column(f"text:{column}")
        wanted = np.arange(count) if rows is None else np.asarray(rows, np.int64)
        if column in self._items:
            bounds = self._items[column]
            return [texts.slice(bounds[i], bounds[i + 1] - bounds[i]).to_pylist() for i in wanted.tolist()]
        if column in self._numbers:
            wanted = self._numbers[column].astype(np.int64)[wanted]
        elif rows is None:
            return list(texts.to_pylist())
        return list(texts.take(pa.array(wanted)).to_pylist())

    def items(self, column: str, numbers: NDArray[np.integer]) -> list[str]:
        """Return texts of a column by their numbers, in whatever unit they are."""
        return list(self._file.column(f"text:{column}").take(pa.array(numbers)).to_pylist())
