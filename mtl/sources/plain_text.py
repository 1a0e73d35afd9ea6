"""Text files as they are: line by line, in rows of so many words or characters, or whole."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from ..base.errors import DataError, Fault, WrongKeyError
from ..base.registry import register
from .base import OnBadRow, Row, Source
from .text import read_lines

COLUMN = "text"
Count = Annotated[int, Field(ge=1)]


@register("source", "plain_text")
class PlainText(Source):
    """Rows with one column, `text`, from a file without markup, or from every `.txt` file of a folder, by name.

    `rows` says what a row is: one of the `lines` that are not blank; a run of `length` `words` (what white space
    parts) or of `length` `characters`, over line ends, the last one of a file shorter; or a whole file (`documents`).
    No row has text of two files. Words are joined by a space; `line_end` is a word that is put after each line,
    blank ones too.
    """

    def __init__(
        self,
        *,
        rows: Literal["lines", "words", "characters", "documents"] = "lines",
        length: Count | None = None,
        line_end: str | None = None,
        train: str | None = None,
        dev: str | None = None,
        test: str | None = None,
        encoding: str = "utf-8",
        on_bad_row: OnBadRow = "error",
    ) -> None:
        if (length is None) == (rows in ("words", "characters")):
            found = (
                "should come with a 'length'. There is none"
                if length is None
                else (f"should come without a 'length'. Found {length}")
            )
            raise WrongKeyError("rows", f"'rows: {rows}' {found}.")
        if line_end is not None and rows != "words":
            raise WrongKeyError("line_end", f"'line_end' should come with 'rows: words'. Found 'rows: {rows}'.")
        if line_end is not None and len(line_end.split()) != 1:
            raise WrongKeyError("line_end", f"'line_end' should be one word. Found {line_end!r}.")
        options = {"rows": rows, "length": length, "line_end": line_end, "encoding": encoding}
        super().__init__(train=train, dev=dev, test=test, on_bad_row=on_bad_row, options=options)
        self._rows_are, self._length, self._line_end, self._encoding = rows, length or 0, line_end, encoding

    def columns(self, split: str, base: Path) -> list[str]:
        return [COLUMN]

    def files(self, split: str, base: Path) -> list[Path]:
        path = self.path(split, base)
        if not path.is_dir():
            return [path]
        found = sorted(path.glob("*.txt"))
        if not found:
            raise DataError(Fault("should hold files called *.txt. There are none.", file=str(path)))
        return found

    def rows(self, split: str, base: Path) -> Iterator[Row | Fault]:
        for file in self.files(split, base):
            if self._rows_are == "lines":
                yield from self._line_rows(file)
            elif self._rows_are == "documents":
                yield from self._document(file)
            else:
                yield from self._runs(file)

    def _line_rows(self, file: Path) -> Iterator[Row | Fault]:
        for number, line in read_lines(file, self._encoding):
            if isinstance(line, Fault):
                yield line
            elif line.strip():
                yield Row({COLUMN: line}, str(file), number)

    def _document(self, file: Path) -> Iterator[Row | Fault]:
        lines = []
        for _, line in read_lines(file, self._encoding):
            if isinstance(line, Fault):
                yield line
                return
            lines.append(line)
        yield Row({COLUMN: "\n".join(lines)}, str(file), 1)

    def _runs(self, file: Path) -> Iterator[Row | Fault]:
        """Yield runs of so many words or characters; a line that is no text is left out of them."""
        faults: list[Fault] = []
        units = self._units(file, faults)
        between = " " if self._rows_are == "words" else ""
        while run := list(islice(units, self._length)):
            yield Row({COLUMN: between.join(unit for unit, _ in run)}, str(file), run[0][1])
            yield from faults
            faults.clear()
        yield from faults

    def _units(self, file: Path, faults: list[Fault]) -> Iterator[tuple[str, int]]:
        """Yield words or characters with their lines."""
        words = self._rows_are == "words"
        ends = "\n" if not words else self._line_end
        for number, line in read_lines(file, self._encoding):
            if isinstance(line, Fault):
                faults.append(line)
                continue
            yield from ((unit, number) for unit in (line.split() if words else line))
            if ends is not None:
                yield ends, number
