"""Columns of tokens, one token a line, a blank line after each sentence (CoNLL-2000, CoNLL-2003 and their like)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..base.errors import Fault, Wording, WrongKeyError, counted
from ..base.line_ends import hint_of_returns
from ..base.registry import register
from .base import OnBadRow, Row, Source
from .text import NO_NULL, read_lines

_BLANKS = re.compile(r"[ \t\r]+")  # not str.split(): a no-break space is part of a token
_DOCUMENT = re.compile(r" *-DOCSTART-([ \t]|$)")


@register("source", "conll")
class Conll(Source):
    """One row per sentence, every column a list with one text per token.

    Fields are cut at tabs where a line has any, else at blanks. `columns` names them in order; with `...` as its
    last name, further fields are left out. A line that begins with `-DOCSTART-` counts as a blank line, however many
    fields it has.
    """

    unlabelled = NO_NULL

    def __init__(
        self,
        *,
        columns: list[str],
        train: str | None = None,
        dev: str | None = None,
        test: str | None = None,
        encoding: str = "utf-8",
        on_bad_row: OnBadRow = "error",
    ) -> None:
        options = {"columns": columns, "encoding": encoding}
        super().__init__(train=train, dev=dev, test=test, on_bad_row=on_bad_row, options=options)
        self._open = columns[-1:] == ["..."]
        self._names = columns[:-1] if self._open else list(columns)
        if not self._names:
            raise WrongKeyError("columns", "columns should name a column before '...'. It names none.")
        self._encoding = encoding

    def columns(self, split: str, base: Path) -> list[str]:
        return list(self._names)

    def rows(self, split: str, base: Path) -> Iterator[Row | Fault]:
        path = self.path(split, base)
        yield from self.sentences(read_lines(path, self._encoding), str(path))

    def sentences(self, lines: Iterable[tuple[int, str | Fault]], file: str) -> Iterator[Row | Fault]:
        """Yield the rows of numbered lines, and a `Fault` in the place of each malformed one; `file` names them."""
        tokens: list[list[str]] = []
        numbers: list[int] = []
        fault: Fault | None = None
        first = 0
        for number, line in lines:
            if isinstance(line, str) and (not line.strip(" \t\r") or _DOCUMENT.match(line)):
                if tokens or fault:
                    yield fault or self._row(tokens, file, first, numbers)
                tokens, numbers, fault = [], [], None
                continue
            if not tokens and not fault:
                first = number
            fields = line if isinstance(line, Fault) else self._fields(line, file, number)
            if isinstance(fields, Fault):
                fault = fault or fields
            else:
                tokens.append(fields)
                numbers.append(number)
        if tokens or fault:
            yield fault or self._row(tokens, file, first, numbers)

    def _fields(self, line: str, file: str, number: int) -> list[str] | Fault:
        fields = line.split("\t") if "\t" in line else _BLANKS.split(line.strip(" \r"))
        if len(fields) == len(self._names) or (self._open and len(fields) > len(self._names)):
            return fields
        names = ", ".join(self._names)
        should = f"should have {counted(len(self._names), 'column')} ({names}){' or more' if self._open else ''}"
        wrong = Wording(should, str(len(fields)), hint_of_returns(line).strip())
        return wrong.fault(file, number)

    def _row(self, tokens: list[list[str]], file: str, line: int, lines: list[int]) -> Row:
        # Not strict: with an open end, tokens may have more fields than there are names.
        columns = zip(*tokens, strict=False)
        values = {n: list(values) for n, values in zip(self._names, columns, strict=False)}
        return Row(values, file, line, lines)
