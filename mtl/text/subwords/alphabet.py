"""The characters of texts as rows of symbols, which pieces are strings of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .characters import REMOVED, class_of
from .reading import Loaded
from .strides import NOTHING, UNKNOWN


@dataclass(frozen=True)
class Alphabet:
    """Symbols of characters: numbers from 2, for those that pieces have.

    `rows` are the symbols of each character whose normal form has some; that of any other one is unknown: one symbol,
    as unknown neighbours are one piece. `removed` is what RE2 has between brackets for characters without a normal
    form. Every word begins with `mark`, if there is one, and `marks` are the characters that become such a mark.
    """

    symbols: dict[str, int]
    rows: dict[str, tuple[int, ...]]
    removed: str
    mark: str
    marks: str

    @classmethod
    def of(cls, loaded: Loaded) -> Alphabet:
        """Return the alphabet of a vocabulary."""
        characters = sorted({character for piece in loaded.entries for character in piece})
        symbols = {character: number for number, character in enumerate(characters, 2)}
        rows = {
            character: tuple(symbols.get(part, UNKNOWN) for part in form)
            for character, form in loaded.forms()
            if any(part in symbols for part in form)
        }
        return cls(symbols, rows, class_of(loaded.kinds, [REMOVED]), loaded.mark, loaded.marks)

    @property
    def size(self) -> int:
        """How many symbols there are, with nothing and the unknown one."""
        return len(self.symbols) + 2

    def spelled(self, piece: Iterable[str]) -> list[int]:
        """Return the symbols of a piece."""
        return [self.symbols[character] for character in piece]

    def table(self) -> tuple[dict[str, int], NDArray[np.int64]]:
        """Return numbers of rows by character, and the rows, [R, K], `NOTHING` after the last symbol of each.

        Of the padding `""` it is row 0, of characters that are not named row 1.
        """
        distinct = list(dict.fromkeys(self.rows.values()))
        numbers = {row: number for number, row in enumerate(distinct, 2)}
        table = np.full((len(distinct) + 2, max(map(len, distinct), default=1)), NOTHING, np.int64)
        table[1, 0] = UNKNOWN
        for row, number in numbers.items():
            table[number, : len(row)] = row
        return {"": 0, **{character: numbers[row] for character, row in self.rows.items()}}, table
