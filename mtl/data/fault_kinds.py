"""Faults of a split, one of each kind: the first row that has it, and how many others do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ..base.errors import Fault, counted

KINDS = 10  # of faults in a split
_PARTICULAR = re.compile(r"'[^']*'|\d[\d,]*")  # what differs between faults of one kind
_CHARACTER = re.compile(r"column \d+")  # of a line, not of a table


class FaultKinds:
    """Counts faults by what they say apart from names and numbers, and keeps the first of each; at most `KINDS`."""

    def __init__(self) -> None:
        self._first: dict[tuple[str | None, ...], Fault] = {}
        self._counts: dict[tuple[str | None, ...], int] = {}

    @property
    def full(self) -> bool:
        """Whether there are as many kinds as are shown."""
        return len(self._first) >= KINDS

    def add(self, fault: Fault) -> None:
        """Take a fault in."""
        should = fault.message.partition(". Found")[0]
        kind = (fault.file, _CHARACTER.sub("column", fault.path or ""), _PARTICULAR.sub("", should))
        if kind in self._first or not self.full:
            self._first.setdefault(kind, fault)
            self._counts[kind] = self._counts.get(kind, 0) + 1

    def faults(self) -> Iterator[Fault]:
        """Yield the first fault of each kind, with a count of the others, in the order of their rows."""
        files = list(dict.fromkeys(fault.file for fault in self._first.values()))
        in_order = sorted(self._first.items(), key=lambda item: (files.index(item[1].file), item[1].line or 0))
        for kind, fault in in_order:
            others = self._counts[kind] - 1
            more = f" {counted(others, 'other row')} {'has' if others == 1 else 'have'} such a fault." if others else ""
            yield replace(fault, message=f"{fault.message}{more}")
