"""Faults of a split, one of each kind: the first row that has it, and how many others do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
        kind = _kind(fault)
        if kind in self._first or not self.full:
            self._first.setdefault(kind, fault)
            self._counts[kind] = self._counts.get(kind, 0) + 1

    def faults(self) -> Iterator[Fault]:
        """Yield the first fault of each kind, with a count of the others."""
        for kind, fault in self._first.items():
            yield replace(fault, others=self._counts[kind] - 1)


def of_one_file(splits: Iterable[Iterable[Fault]]) -> list[Fault]:
    """Return the faults of splits that are parts of one file, those of a kind as one, in the order of their rows.

    What every split says of the whole file is said once.
    """
    found: dict[tuple[str | None, ...], dict[Fault, Fault]] = {}
    for fault in (fault for faults in splits for fault in faults):
        found.setdefault(_kind(fault), {}).setdefault(replace(fault, others=0), fault)
    merged = []
    for alike in found.values():
        first = min(alike.values(), key=_line)
        rows = sum(1 + fault.others for fault in alike.values())
        merged.append(replace(first, others=rows - 1))
    return sorted(merged, key=_line)


def _kind(fault: Fault) -> tuple[str | None, ...]:
    return (fault.file, *((fault.path, fault.message) if fault.kind is None else (fault.kind,)))


def _line(fault: Fault) -> int:
    return fault.line or 0
