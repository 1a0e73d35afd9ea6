"""All that is wrong with the rows of all splits, once one fault has shown: the first row of each kind, and a count."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ..base.errors import DataError, Fault, counted
from .fitted import Fitted
from .pair_reading import pair_chunks
from .plan import SourcePlan, check_columns
from .reading import chunks
from .target_fits import survey

if TYPE_CHECKING:
    from ..graph.sharing_graph import SharingGraph
    from ..sources.base import Source

KINDS = 10  # of faults in a split
_PARTICULAR = re.compile(r"'[^']*'|\d[\d,]*")  # what differs between faults of one kind

_CHARACTER = re.compile(r"column \d+")  # of a line, not of a table


def with_all_others(
    error: DataError, graph: SharingGraph, sources: Mapping[str, Source], splits: Sequence[str], fitted: Fitted | None
) -> DataError:
    """Return an error with the faults of all these splits, at most `KINDS` of each, and those of `error`.

    Every row is read again: what takes long here is the price of not being asked to mend one row at a time.
    """
    found: dict[Fault, None] = {}
    targets = fitted or Fitted.unfitted(graph)
    for name in graph.streams():
        if name in sources:
            for fault in _of_source(graph, name, sources[name], splits, targets, fit=fitted is None):
                found.setdefault(fault)
    others = [fault for fault in error.faults if not any(_covers(fault, other) for other in found)]
    return DataError(*others, *found)


def _of_source(
    graph: SharingGraph, name: str, source: Source, splits: Sequence[str], fitted: Fitted, *, fit: bool
) -> Iterator[Fault]:
    plan, base = SourcePlan.of(graph, name), graph.recipe.data
    if fit and "train" in source.splits:
        try:
            survey({name: plan}, {name: source}, base, fitted)
        except DataError as error:
            yield from error.faults
    for split in source.splits:
        if split in splits or (fit and split == "train"):
            yield from _of_split(graph, plan, source, split, fitted)


def _of_split(graph: SharingGraph, plan: SourcePlan, source: Source, split: str, fitted: Fitted) -> Iterator[Fault]:
    kinds, base = _Kinds(), graph.recipe.data
    lenient = source.noting(kinds.add if source.on_bad_row == "error" else lambda _: None)
    failed: Sequence[Fault] = ()
    try:
        failed = check_columns(plan, lenient, split, graph.recipe)
        targets = fitted.targets
        read = (
            chunks(plan, targets, lenient, split, base)
            if plan.judgements is None
            else pair_chunks(plan, plan.judgements, targets[plan.judgements.task], lenient, split, base)
        )
        if not failed:
            kinds.clear()  # the rows that were read for their columns are read again
            while not kinds.full and next(read, None) is not None:
                pass
    except DataError as error:
        failed = error.faults
    yield from kinds.faults()
    yield from failed


@dataclass
class _Kinds:
    """Counts faults by what they say apart from names and numbers, and keeps the first of each."""

    first: dict[tuple[str | None, ...], Fault] = field(default_factory=dict)
    counts: dict[tuple[str | None, ...], int] = field(default_factory=dict)

    @property
    def full(self) -> bool:
        return len(self.first) >= KINDS

    def clear(self) -> None:
        self.first.clear()
        self.counts.clear()

    def add(self, fault: Fault) -> None:
        should = fault.message.partition(". Found")[0]
        kind = (fault.file, _CHARACTER.sub("column", fault.path or ""), _PARTICULAR.sub("", should))
        if kind in self.first or not self.full:
            self.first.setdefault(kind, fault)
            self.counts[kind] = self.counts.get(kind, 0) + 1

    def faults(self) -> Iterator[Fault]:
        for kind, fault in self.first.items():
            others = self.counts[kind] - 1
            more = f" {counted(others, 'other row')} {'has' if others == 1 else 'have'} such a fault." if others else ""
            yield replace(fault, message=f"{fault.message}{more}")


def _covers(fault: Fault, other: Fault) -> bool:
    """Return whether another fault is this one, perhaps with a count."""
    place = (fault.file, fault.line, fault.path)
    return place == (other.file, other.line, other.path) and other.message.startswith(fault.message)
