"""Rows of a table (TSV, CSV, JSON lines, CoNLL) that a stream holds, by column, each with its line."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from ..base.errors import DataError, Fault, UsageError, listing, near_miss
from .decoding import half
from .input_rows import as_json, quoted_start

if TYPE_CHECKING:
    from ..sources.header import Header

TABLES = ("tsv", "csv", "jsonl", "conll")
_BLANKS = re.compile(r"[ \t]+")
_LARGEST_FIELD = 2**31 - 1  # Python's own limit of 131,072 characters is shorter than many documents


class TableRow(NamedTuple):
    """A row's values by column, texts or (of CoNLL) lists of tokens, and the line on which it begins."""

    values: Mapping[str, Any]
    line: int


@dataclass(frozen=True)
class Table:
    """A table that is read line by line: its `format`, what messages call it, and the columns that its rows name.

    `columns` names those of a table without a header.
    """

    format: str
    name: str
    columns: Sequence[str] | None = None

    def rows(self, lines: Iterator[str]) -> Iterator[TableRow]:
        """Yield the rows; raises `DataError` at a malformed one, and `UsageError` where columns have no names."""
        if self.format == "jsonl":
            yield from self._objects(lines)
        elif self.format == "conll":
            yield from self._sentences(lines)
        else:
            yield from self._fields(self._tsv(lines) if self.format == "tsv" else self._csv(lines))

    def _fault(self, message: str, line: int) -> DataError:
        return DataError(Fault(message, self.name, line))

    def _objects(self, lines: Iterator[str]) -> Iterator[TableRow]:
        for number, line in enumerate(lines, 1):
            if line.strip():
                found = as_json(line)
                if not isinstance(found, dict):
                    message = f"should be a JSON object, as --format jsonl says. Found {quoted_start(line)}."
                    raise self._fault(message, number)
                yield TableRow(found, number)

    def _sentences(self, lines: Iterator[str]) -> Iterator[TableRow]:
        if self.columns is None:
            raise UsageError(
                "--format conll should come with --columns, the names of the columns, such as --columns word,tag. "
                "Found none."
            )
        tokens: list[list[str]] = []
        begun = 0
        for number, line in enumerate(lines, 1):
            if line.strip(" \t"):
                begun = begun if tokens else number
                fields = line.split("\t") if "\t" in line else _BLANKS.split(line.strip(" "))
                if len(fields) != len(self.columns):
                    names = ", ".join(self.columns)
                    message = f"should have {len(self.columns)} columns ({names}). Found {len(fields)}."
                    raise self._fault(message, number)
                tokens.append(fields)
            elif tokens:
                yield self._sentence(tokens, begun)
                tokens = []
        if tokens:
            yield self._sentence(tokens, begun)

    def _sentence(self, tokens: Sequence[Sequence[str]], line: int) -> TableRow:
        columns = zip(*tokens, strict=True)
        return TableRow({name: list(column) for name, column in zip(self.columns or (), columns, strict=True)}, line)

    def _fields(self, rows: Iterator[tuple[int, list[str]]]) -> Iterator[TableRow]:
        from ..sources.header import Header  # with its room comes pyarrow, which text does without

        header = None if self.columns is None else Header(tuple(self.columns))
        for line, fields in rows:
            if header is None:
                header = self._header(Header, fields, line)
                continue
            wrong = header.wrong(fields)
            if wrong:
                raise self._fault(wrong, line)
            yield TableRow(dict(zip(header.columns, fields, strict=False)), line)

    def _header(self, kind: type[Header], fields: Sequence[str], line: int) -> Header:
        try:
            return kind(tuple(fields))
        except UsageError as error:
            raise self._fault(str(error), line) from error

    def _tsv(self, lines: Iterator[str]) -> Iterator[tuple[int, list[str]]]:
        return ((number, line.split("\t")) for number, line in enumerate(lines, 1) if line)

    def _csv(self, lines: Iterator[str]) -> Iterator[tuple[int, list[str]]]:
        csv.field_size_limit(_LARGEST_FIELD)
        reader = csv.reader((f"{line}\n" for line in lines), strict=True)
        while True:
            first = reader.line_num + 1
            try:
                fields = next(reader, None)
            except csv.Error as error:
                raise self._fault(f"should be a row of CSV. Found: {error}.", first) from error
            if fields is None:
                return
            if fields:
                yield first, fields


def inputs_of_row(row: TableRow, columns: Mapping[str, str], name: str, *, listed: bool = False) -> dict[str, Any]:
    """Return the texts of a row by input, tokens joined by a blank; `columns` say where each input is.

    Raises `DataError`, which calls the table by its `name`, for a column that is not there or holds no text.
    """
    found: dict[str, Any] = {}
    for key, column in columns.items():
        if column not in row.values:
            hint = near_miss(column, row.values) or f" Name it: --column {key}=COLUMN."
            message = f"should have a column '{column}', for the input '{key}'. Found {listing(row.values)}.{hint}"
            raise DataError(Fault(message, name, row.line))
        value = row.values[column]
        if not listed and isinstance(value, list) and all(isinstance(token, str) for token in value):
            value = " ".join(value)
        texts = value if listed and isinstance(value, list) else [None] if listed else [value]
        if not all(isinstance(text, str) for text in texts):
            what = "a list of texts" if listed else "a text or a list of tokens"
            shown = quoted_start(str(value)) if value is not None else "null"
            message = f"should hold {what} in the column '{column}'. Found {shown}."
            raise DataError(Fault(message, name, row.line))
        broken = next(filter(None, map(half, texts)), None)
        if broken is not None:
            message = (
                f"should hold whole characters in the column '{column}'. Found half of a surrogate pair, which is no "
                f"character: {broken}."
            )
            raise DataError(Fault(message, name, row.line))
        found[key] = value
    return found


def chosen_columns(given: Sequence[str], known: Mapping[str, str]) -> dict[str, str]:
    """Return each input's column: that of `--column INPUT=COLUMN` (`COLUMN`, of an only input), or the known one.

    Raises `UsageError` for an input that the task does not have.
    """
    found = dict(known)
    for text in given:
        key, equals, column = text.partition("=")
        if not equals and len(known) == 1:
            key, column = next(iter(known)), text
        if key not in known or not column:
            raise UsageError(
                f"--column should be INPUT=COLUMN, with an input of the task ({', '.join(known)}). "
                f"Found '{text}'.{'' if key in known else near_miss(key, known)}"
            )
        found[key] = column
    return found
