"""Rows of a table (TSV, CSV, JSON lines, CoNLL, CoNLL-U) that a stream holds, by column, each with its line."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from ..base.errors import DataError, Fault, UsageError, listing, near_miss
from ..text.cells import NO_VALUES, WHAT
from .decoding import half
from .input_rows import as_json, quoted_start, value_of

if TYPE_CHECKING:
    from ..sources.base import Row
    from ..sources.header import Header

TABLES = ("tsv", "csv", "jsonl", "conll", "conllu")
NAMED = ("jsonl", "conllu")  # whose rows, or the format itself, name the columns
NO_HEADER = " If the first line is a row, name the columns: --columns A,B,…"
HALF = "half of a surrogate pair, which is no character"


class TableRow(NamedTuple):
    """A row's values by column, texts or (of CoNLL and CoNLL-U) lists of tokens, and the line on which it begins."""

    values: Mapping[str, Any]
    line: int


@dataclass(frozen=True)
class InputTable:
    """A table that is read line by line: its `format`, what messages call it, and the columns that its rows name.

    `columns` names those of a table without a header; `check` is called with those that a header names, and its line.
    """

    format: str
    name: str
    columns: Sequence[str] | None = None
    check: Callable[[Sequence[str], int], None] | None = None

    def rows(self, lines: Iterator[str]) -> Iterator[TableRow]:
        """Yield the rows; raises `DataError` at a malformed one, and `UsageError` where columns have no names."""
        if self.format == "jsonl":
            yield from self._objects(lines)
        elif self.format == "conll":
            yield from self._sentences(lines)
        elif self.format == "conllu":
            from ..sources.conllu import sentences

            yield from self._rows_of(sentences(enumerate(lines, 1), self.name))
        else:
            yield from self._fields(lines)

    def _fault(self, message: str, line: int) -> DataError:
        return DataError(Fault(message, self.name, line))

    def _objects(self, lines: Iterator[str]) -> Iterator[TableRow]:
        for number, line in enumerate(lines, 1):
            if line.strip():
                found = as_json(line)
                if not isinstance(found, dict):
                    message = f"should be a JSON object, as --format jsonl says. Found {quoted_start(line)}."
                    raise self._fault(message, number)
                wrong = no_json(found)
                if wrong:
                    raise self._fault(wrong, number)
                yield TableRow(found, number)

    def _sentences(self, lines: Iterator[str]) -> Iterator[TableRow]:
        if self.columns is None:
            raise UsageError(
                "--format conll should come with --columns, the names of the columns, such as --columns word,tag. "
                "There is none."
            )
        from ..sources.conll import Conll  # with its room comes pyarrow, which text does without

        try:
            source = Conll(columns=list(self.columns))
        except UsageError as error:
            raise UsageError(f"--columns: {error}") from error
        yield from self._rows_of(source.sentences(enumerate(lines, 1), self.name))

    @staticmethod
    def _rows_of(found: Iterator[Row | Fault]) -> Iterator[TableRow]:
        for row in found:
            if isinstance(row, Fault):
                raise DataError(row)
            yield TableRow(row.values, row.line)

    def _fields(self, lines: Iterator[str]) -> Iterator[TableRow]:
        from ..sources.delimited import csv_fields, tsv_fields
        from ..sources.header import Header

        header = None if self.columns is None else Header(tuple(self.columns))
        numbered = enumerate(lines, 1)
        for line, fields in tsv_fields(numbered) if self.format == "tsv" else csv_fields(numbered, self.name):
            if isinstance(fields, Fault):
                raise DataError(fields)
            if header is None:
                header = self._header(Header, fields, line)
                if self.check is not None:
                    self.check(header.columns, line)
                continue
            wrong = header.wrong(fields)
            if wrong:
                raise self._fault(str(wrong), line)
            yield TableRow(dict(zip(header.columns, fields, strict=False)), line)

    def _header(self, kind: type[Header], fields: Sequence[str], line: int) -> Header:
        try:
            return kind(tuple(fields))
        except UsageError as error:
            raise self._fault(f"{error}{NO_HEADER}", line) from error


def no_json(row: Mapping[str, Any]) -> str | None:
    """Return what in a row cannot be written as JSON, as a fault's message: a number that is none, half a character.

    >>> no_json({"n": [float("nan")]}), no_json({"n": [1.5, "a"]})
    ("should hold numbers that JSON has in the column 'n'. Found NaN.", None)
    """
    for column, value in row.items():
        where = f"in the column '{column}'"
        if broken := half(column):
            return f"should hold whole characters in the name of a column. Found {HALF}: {broken}."
        waiting = [value]
        while waiting:  # no recursion: the parser allows more of it than is left here
            part = waiting.pop()
            if isinstance(part, dict):
                waiting += [*part.values(), *part]
            elif isinstance(part, list):
                waiting += part
            elif isinstance(part, float) and not math.isfinite(part):
                return f"should hold numbers that JSON has {where}. Found {json.dumps(part)}."
            elif isinstance(part, str) and (broken := half(part)):
                return f"should hold whole characters {where}. Found {HALF}: {broken}."
    return None


def fault_if_lacking(
    columns: Mapping[str, str],
    there: Collection[str],
    name: str,
    line: int,
    *,
    values: Mapping[str, str] = NO_VALUES,
    hint: str = "",
) -> None:
    """Raise `DataError` for the column of an input that is not `there`, with a hint of one's own at the end."""
    for key, column in columns.items():
        if column not in there:
            close = near_miss(column, there) or f" Name it: --column {key}=COLUMN."
            kind = f", {WHAT[values[key]]}, for" if key in values else ", for"
            close += " Write null there where a row has none." if key in values else ""
            message = f"should have a column '{column}'{kind} the input '{key}'. Found {listing(there)}.{close}{hint}"
            raise DataError(Fault(message, name, line))


def inputs_of_row(
    row: TableRow,
    columns: Mapping[str, str],
    name: str,
    *,
    listed: bool = False,
    values: Mapping[str, str] = NO_VALUES,
) -> dict[str, Any]:
    """Return the texts of a row by input, tokens joined by a blank; `columns` say where each input is.

    `values` are the inputs that are values, not texts, with their tokenizers.
    Raises `DataError`, which calls the table by its `name`, for a column that is not there or holds no text.
    """
    fault_if_lacking(columns, row.values, name, row.line, values=values)
    found: dict[str, Any] = {}
    for key, column in columns.items():
        value = row.values[column]
        if key in values:
            value = value_of(value, values[key], column, name, row.line)
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
            message = f"should hold whole characters in the column '{column}'. Found {HALF}: {broken}."
            raise DataError(Fault(message, name, row.line))
        found[key] = value
    return found
