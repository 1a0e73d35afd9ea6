"""Faults of a split, one of each kind: the first row that has it, and how many others do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..base.errors import Fault

KINDS = 10  # of faults in a split


class FaultKinds:
    """Counts faults by file and kind, and keeps the first of each, at most `KINDS`; of no kind, equal ones are one."""

    def __init__(self) -> None:
        self._first: dict[tuple[str | None, ...], Fault] = {}
        self._counts: dict[tuple[str | None, ...], int] = {}

    @property
    def full(self) -> bool:
        """Whether there are as many kinds as are shown."""
        return len(self._first) >= KINDS

    def add(self, fault: Fault) -> None:
        """Take a fault in."""
        kind = (fault.file, *((fault.path, fault.message) if fault.kind is None else (fault.kind,)))
        if kind in self._first or not self.full:
            self._first.setdefault(kind, fault)
            self._counts[kind] = self._counts.get(kind, 0) + 1

    def faults(self) -> Iterator[Fault]:
        """Yield the first fault of each kind, with a count of the others."""
        for kind, fault in self._first.items():
            yield replace(fault, others=self._counts[kind] - 1)
