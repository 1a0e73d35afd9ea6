"""Where the rows of a split were read, as it is kept: `row_line` and `row_file`, the number of a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .kept_files import found_file, kept_file
from .text_encoding import flat

if TYPE_CHECKING:
    from .reading import RowPlace
    from .store import Scratch


class RowPlaces:
    """Takes the places of a split's rows, chunk after chunk; `root` is where the split lies."""

    def __init__(self, scratch: Scratch, root: str) -> None:
        self.root = root
        self._file, self._line = scratch.column(), scratch.column()
        self._numbers: dict[str, int] = {}

    def add(self, places: Sequence[RowPlace]) -> None:
        """Append the places of some rows."""
        numbers = [self._numbers.setdefault(file, len(self._numbers)) for file, _ in places]
        self._file.write(np.array(numbers, np.int32))
        self._line.write(np.array([line for _, line in places], np.int64))

    def arrays(self, rows: int) -> dict[str, pa.Array]:
        """Return the columns of a split's file."""
        return {"row_file": flat(self._file, np.int32, rows), "row_line": flat(self._line, np.int64, rows)}

    def files(self) -> list[str]:
        """Return the names of the files in the order of their numbers, as the cache keeps them."""
        return [kept_file(file, self.root) for file in self._numbers]


@dataclass(frozen=True)
class KeptPlaces:
    """The places of a split's rows, as its file keeps them; `files` are names as the cache keeps them."""

    file: NDArray[np.int32]
    line: NDArray[np.int64]
    files: Sequence[str]
    root: str

    def of(self, row: int) -> tuple[str, int]:
        """Return the file and line of a row."""
        return found_file(self.files[self.file[row]], self.root), int(self.line[row])
