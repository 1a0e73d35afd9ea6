"""Rows that are read again: whether they are those of the first time."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Any, Protocol, TypeVar
from zlib import crc32

from ..base.errors import DataError, Fault, counted


class _Placed(Protocol):
    """A row with its `values`, or what is wrong with a malformed one."""

    @property
    def file(self) -> str | None: ...

    @property
    def line(self) -> int | None: ...


Read = TypeVar("Read", bound=_Placed)


class FirstReading:
    """A checksum of every row (4 bytes each), by which later readings are known to have these rows in this order."""

    def __init__(self) -> None:
        self._sums = array("I")

    def taking(self, rows: Iterable[Read]) -> Iterator[Read]:
        """Yield rows as they are read for the first time."""
        for row in rows:
            self._sums.append(_sum_of(row))
            yield row

    def again(self, rows: Iterable[Read], file: str) -> Iterator[Read]:
        """Yield rows as they are read again; raises `DataError` at the first that is another one, missing or new."""
        for number, (row, known) in enumerate(zip_longest(rows, self._sums), start=1):
            if row is None or known is None:
                many = f"{counted(len(self._sums), 'row')}, and then {'more' if known is None else number - 1}"
                raise DataError(Fault(_message(many), file=file))
            if _sum_of(row) != known:
                raise DataError(Fault(_message(f"another row {number} than before"), row.file, row.line))
            yield row


def _sum_of(row: Any) -> int:
    text = "malformed" if isinstance(row, Fault) else repr(dict(row.values))
    return crc32(text.encode("utf-8", "surrogatepass"))


def _message(found: str) -> str:
    wanted = "should give the same rows in the same order at every reading, as dev or test is a share of them"
    return f"{wanted}. Found {found}."
