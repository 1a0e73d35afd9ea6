"""Texts of a split with more pieces than are read, counted for each way in which a column is split into tokens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ..graph.calls import InputKey
    from ..text.featurizer import Tokens


class CutTexts(NamedTuple):
    """How many `texts` of a column have more than `most` pieces; `tokenizer` is whose, where it is not the only one."""

    column: str
    tokenizer: str
    most: int
    texts: int


class CutTextCounts:
    """Counts the texts that are cut under each of the `splittings` of a source."""

    def __init__(self, splittings: Sequence[InputKey]) -> None:
        self._ways = Counter(key.column for key in splittings)
        self._counts = {key: 0 for key in splittings if key.front_end.max_pieces is not None}

    def add(self, tokens: Mapping[InputKey, Tokens]) -> None:
        """Take in some texts, by what splits them."""
        for key in self._counts:
            self._counts[key] += tokens[key].cut

    def kept(self) -> list[CutTexts]:
        """Return what was cut, as JSON-able values."""
        return [
            CutTexts(key.column, self._tokenizer(key), key.front_end.max_pieces, count)
            for key, count in self._counts.items()
            if count and key.front_end.max_pieces is not None
        ]

    def _tokenizer(self, key: InputKey) -> str:
        """Return in words what tells an input from others of its column; nothing where there is no other."""
        return str(replace(key.front_end, max_pieces=None)) if self._ways[key.column] > 1 else ""
