"""All that is wrong with one split: columns that it lacks, and the first malformed row of every kind, with a count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.errors import DataError, Fault
from .fault_kinds import FaultKinds
from .lacking import lacking_columns
from .pair_reading import pair_chunks
from .plan import SourcePlan
from .reading import examined, fault_if_empty
from .target_fits import survey

if TYPE_CHECKING:
    from ..recipe.uses import Use
    from ..sources.base import Source
    from .judgements import Judgements
    from .targets import Target


@dataclass
class SplitFaults:
    """What is wrong with a split, and the tasks about whose answers in it nothing is."""

    faults: list[Fault] = field(default_factory=list)
    sound: set[str] = field(default_factory=set)


def split_faults(
    plan: SourcePlan,
    uses: Iterable[Use],
    source: Source,
    split: str,
    base: Path,
    targets: Mapping[str, Target],
    *,
    fit: bool,
) -> SplitFaults:
    """Read a split to its end, whatever is wrong with it; `fit` says that targets are shown its answers, to be fitted.

    A column that is lacking hides nothing about the others. Rows of a table that is unlike what the recipe says are
    not read.
    """
    found = SplitFaults()
    try:
        lacking = lacking_columns(uses, plan.source, source.noting(_unnoted), split, base)
        found.faults += lacking.faults
        if lacking.unlike:
            next(source.noting(_unnoted).read(split, base), None)  # is there a file, where columns are declared?
            return found
        kept = plan.without(lacking.columns)
        undecided = survey(kept, source, base, targets) if fit else {}
        found.faults += undecided.values()
        for part in kept.apart():
            reader = _Reader(part, source, split, base, targets, fit)
            try:
                reader.read()
            finally:
                found.faults += reader.kinds.faults()
            found.sound |= reader.sound()
        found.sound -= undecided.keys()
    except DataError as error:
        found.faults += error.faults
        found.sound.clear()
    found.faults = _in_order(dict.fromkeys(found.faults))
    return found


def _in_order(faults: Iterable[Fault]) -> list[Fault]:
    """Return faults in the order of their rows, those of a whole file before."""
    every = list(faults)
    files = list(dict.fromkeys(fault.file for fault in every))
    return sorted(every, key=lambda fault: (files.index(fault.file), fault.line or 0))


class _Reader:
    """Reads the rows of a split as one plan says, and takes note of what is wrong with them."""

    def __init__(
        self, plan: SourcePlan, source: Source, split: str, base: Path, targets: Mapping[str, Target], fit: bool
    ) -> None:
        self.plan, self.split, self.base, self.targets, self.fit = plan, split, base, targets, fit
        self.strict = source.on_bad_row == "error"  # else malformed rows are left out, and are no faults
        self.source = source.noting(self._note)
        self.kinds = FaultKinds()
        self._unread = False  # whether there is a row that could not be read, or a malformed pair
        self._suspect: set[str] = set()  # columns with malformed cells

    def _note(self, fault: Fault) -> None:
        if self.strict:
            self._unread = True
            self.kinds.add(fault)

    def read(self) -> None:
        """Read rows to the end, or until as many kinds of faults were found as are shown."""
        rows = 0
        for good in self._units() if self.plan.judgements is None else self._pairs(self.plan.judgements):
            rows += good
            if self.kinds.full:
                return
        if not self.strict:
            fault_if_empty(rows, self.source, self.split, self.base)

    def _units(self) -> Iterator[int]:
        """Yield how many rows of each part of the split nothing is wrong with."""
        for chunk, faults in examined(self.plan, self.targets, self.source, self.split, self.base):
            for position in sorted(faults) if self.strict else ():
                self._suspect |= set(faults[position].values())
                for fault in faults[position]:
                    self.kinds.add(fault)
            for task, golds in chunk.targets.items():
                self._count(task, [gold for i, gold in enumerate(golds) if self.strict or i not in faults])
            yield len(chunk) - len(faults)

    def _pairs(self, judgements: Judgements) -> Iterator[int]:
        """Yield how many pairs each part of the split has."""
        target = self.targets[judgements.task]
        for chunk in pair_chunks(self.plan, judgements, target, self.source, self.split, self.base):
            self._count(judgements.task, chunk.targets[judgements.task])
            yield len(chunk) + len(chunk.repeated)

    def _count(self, task: str, golds: Iterable[Any]) -> None:
        for gold in golds if self.fit else ():
            if gold is not None:
                self.targets[task].count(gold)

    def sound(self) -> set[str]:
        """Return the tasks about whose answers nothing is wrong."""
        if self._unread or self.kinds.full:
            return set()
        labelled = self.plan.labelled
        return {t.name for t in self.plan.tasks if not self._suspect & {labelled[t.name].column, t.target}}


def _unnoted(fault: Fault) -> None:
    """Take no note of a row: it is read again."""
