"""Tables as text: tab-separated (`tsv`, no quoting) and comma-separated (`csv`, quoted as RFC 4180 says).

Both are read with Python's own csv module or plainly: pyarrow's CSV reader reads in blocks and cannot say on which line
a malformed row is once a quoted field spans lines, nor continue after it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ..base.errors import DataError, Fault, UsageError, Wording, WrongKeyError
from ..base.line_ends import hint_of_returns
from ..base.registry import register
from .base import OnBadRow, Row, Source
from .header import Header
from .table_hints import delimiter_hint, quotes_hint
from .text import NO_NULL, read_lines

_RETURN = "\udc0d"
_LARGEST_FIELD = 2**31 - 1  # Python's own limit of 131,072 characters is shorter than many documents


class DelimitedSource(Source):
    """Rows of delimited fields; blank lines are none. The first row names the columns, unless `columns` does."""

    unlabelled = NO_NULL

    def __init__(
        self,
        *,
        train: str | None = None,
        dev: str | None = None,
        test: str | None = None,
        columns: list[str] | None = None,
        delimiter: str = "\t",
        encoding: str = "utf-8",
        on_bad_row: OnBadRow = "error",
    ) -> None:
        if len(delimiter) != 1 or delimiter in '"\r\n':
            raise WrongKeyError(
                "delimiter", f"delimiter should be one character, no quotation mark or line end. Found {delimiter!r}."
            )
        options = {"columns": columns, "delimiter": delimiter, "encoding": encoding}
        super().__init__(train=train, dev=dev, test=test, on_bad_row=on_bad_row, options=options)
        self._names = columns
        self._delimiter = delimiter
        self._encoding = encoding

    def fields(self, path: Path) -> Iterator[tuple[int, list[str] | Fault]]:
        """Yield (line, fields) of every row that is not blank, the header too."""
        raise NotImplementedError

    def columns(self, split: str, base: Path) -> list[str]:
        if self._names is not None:
            return list(self._names)
        path = self.path(split, base)
        for line, fields in self.fields(path):
            return list(self._header(path, line, fields).columns)
        raise DataError(Fault("should have a header line that names the columns. There is none.", file=str(path)))

    def hint(self, columns: Sequence[str]) -> str:
        return delimiter_hint(columns, self._delimiter)

    def rows(self, split: str, base: Path) -> Iterator[Row | Fault]:
        path = self.path(split, base)
        header = None if self._names is None else Header(tuple(self._names))
        for line, fields in self.fields(path):
            if header is None:
                header = self._header(path, line, fields)
            elif isinstance(fields, Fault):
                yield fields
            elif wrong := header.wrong(fields):
                yield self._fault(path, line, header, fields, wrong)
            else:
                # Not strict: of columns without a name there may be more fields or fewer.
                yield Row(dict(zip(header.columns, fields, strict=False)), str(path), line)

    def _header(self, path: Path, line: int, fields: list[str] | Fault) -> Header:
        if isinstance(fields, Fault):
            raise DataError(fields)
        odd = next((name for name in fields if "\r" in name), None)
        if odd is not None:
            message = (
                f"the name of a column should have no carriage return in it. Found {odd!r}. Where lines end with \\r "
                "alone, let them end with \\n."
            )
            raise DataError(Fault(message, file=str(path), line=line))
        try:
            return Header(tuple(fields))
        except UsageError as error:
            raise DataError(Fault(str(error), file=str(path), line=line)) from error

    def _fault(self, path: Path, line: int, header: Header, fields: Sequence[str], wrong: Wording) -> Fault:
        if len(fields) in header.lengths:
            return wrong.fault(str(path), line)
        more = len(fields) > len(header.fields)
        hint = self.hint(header.fields) if more else self.half_quoted(fields)
        hint = hint or hint_of_returns(self._delimiter.join(fields))
        if not more and self._names is not None:
            hint = hint or self.hint(fields)
        return replace(wrong, change=hint.strip()).fault(str(path), line)

    def half_quoted(self, fields: Sequence[str]) -> str:
        """Return a hint where quotation marks are why a row has too few fields, or an empty string."""
        return ""


@register("source", "tsv")
class Tsv(DelimitedSource):
    """Tab-separated fields; quotation marks are text like any other."""

    def fields(self, path: Path) -> Iterator[tuple[int, list[str] | Fault]]:
        return tsv_fields(read_lines(path, self._encoding), self._delimiter)

    def half_quoted(self, fields: Sequence[str]) -> str:
        return quotes_hint(fields, self._delimiter)


@register("source", "csv")
class Csv(DelimitedSource):
    """Comma-separated fields, quoted where they hold commas, quotation marks or line ends (RFC 4180)."""

    def __init__(
        self,
        *,
        train: str | None = None,
        dev: str | None = None,
        test: str | None = None,
        columns: list[str] | None = None,
        delimiter: str = ",",
        encoding: str = "utf-8",
        on_bad_row: OnBadRow = "error",
    ) -> None:
        super().__init__(
            train=train,
            dev=dev,
            test=test,
            columns=columns,
            delimiter=delimiter,
            encoding=encoding,
            on_bad_row=on_bad_row,
        )

    def fields(self, path: Path) -> Iterator[tuple[int, list[str] | Fault]]:
        undecoded: list[Fault] = []
        lines = read_lines(path, self._encoding, undecoded=undecoded)
        return csv_fields(lines, str(path), self._delimiter, undecoded)


def tsv_fields(
    lines: Iterable[tuple[int, str | Fault]], delimiter: str = "\t"
) -> Iterator[tuple[int, list[str] | Fault]]:
    """Yield (line, fields) of every numbered line that is not blank."""
    for number, line in lines:
        if isinstance(line, Fault):
            yield number, line
        elif line:
            yield number, line.split(delimiter)


def csv_fields(
    lines: Iterable[tuple[int, str | Fault]], file: str, delimiter: str = ",", undecoded: list[Fault] | None = None
) -> Iterator[tuple[int, list[str] | Fault]]:
    """Yield (first line, fields) of every row of numbered lines that is not blank.

    `file` names them; the row that holds a line for which a fault is put into `undecoded` is that fault.
    """
    csv.field_size_limit(_LARGEST_FIELD)
    # An undecoded line, too: without its quotation marks rows would be cut elsewhere.
    # Python's module ends a row at a lone carriage return: half of a surrogate pair, in no text, is in its place.
    given = (f"{line}\n".replace("\r", _RETURN) for _, line in lines)
    reader = csv.reader(given, delimiter=delimiter, strict=True)
    while True:
        first = reader.line_num + 1
        fields: list[str] | Fault | None
        try:
            fields = next(reader, None)
        except csv.Error as error:
            fields = Fault(f"should be a row of CSV. Found: {error}.", file, first, kind="no row of CSV")
        if undecoded:
            fields = undecoded[0]
            undecoded.clear()
        if fields is None:
            return
        if fields:
            yield first, fields if isinstance(fields, Fault) else [field.replace(_RETURN, "\r") for field in fields]
