"""Runs, ensembles and exports side by side, as they are: figures of each, and the rows that one alone has right.

Whether one is better than the first is an exact sign test (McNemar's) of the rows that only one of the two has right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...base.errors import Fault, UsageError, listing
from ...evaluate.evaluation import Evaluation
from ...evaluate.metrics import Ranked
from ...evaluate.rightness import is_right, right_or_wrong
from ..finished import Measurable, fault_if_without, open_finished
from .verdicts import LEVEL

if TYPE_CHECKING:
    from ...data.targets.base import Target


@dataclass(frozen=True)
class RowsApart:
    """How a task's answers differ from those of the first: on how many of the labelled `rows`, and which are right.

    Rows of a ranking are its queries with a relevant document (`units`): the answer is the document that is ranked
    first, right where it is relevant. `p` is the probability of a difference in right answers as large as this one,
    were both equally good.
    """

    rows: int
    otherwise: int
    right_here: int
    right_there: int
    units: str = "rows"

    @property
    def p(self) -> float:
        """The two-sided p-value of the sign test."""
        return sign_test(self.right_here, self.right_there)

    @property
    def verdict(self) -> str:
        """Better or worse than the first, equal where no row is right in one alone, or undecided."""
        if not self.right_here + self.right_there:
            return "equal"
        if self.p > 1 - LEVEL:
            return "undecided"
        return "better" if self.right_here > self.right_there else "worse"

    def facts(self) -> dict[str, Any]:
        """Return it as JSON-able values."""
        return {**vars(self), "p": self.p, "verdict": self.verdict}


@dataclass(frozen=True)
class FinishedComparison:
    """What some folders answer to one split; `apart` is by folder, without the first, and by task."""

    split: str
    tasks: tuple[str, ...]
    folders: tuple[Path, ...]
    measured: tuple[Evaluation, ...]
    apart: tuple[dict[str, RowsApart], ...]
    warnings: tuple[Fault, ...]

    def facts(self) -> dict[str, Any]:
        """Return it as JSON-able values."""
        names = list(map(str, self.folders))
        return {
            "split": self.split,
            "figures": {name: found.metrics for name, found in zip(names, self.measured, strict=True)},
            "differences": [
                {"name": name, "minus": names[0], "rows": {task: found.facts() for task, found in apart.items()}}
                for name, apart in zip(names[1:], self.apart, strict=True)
            ],
        }


def compare_finished(
    folders: Sequence[str | Path], *, split: str = "test", data: str | Path | None = None
) -> FinishedComparison:
    """Measure the tasks that all folders have on one split, and compare the answers of each with those of the first.

    Raises `UsageError` where there are fewer than two folders, they have no task in common, or other data.
    """
    places = [Path(folder) for folder in folders]
    if len({place.resolve() for place in places}) < len(places) or len(places) < 2:
        raise UsageError(
            "what is compared should be two or more folders of runs, ensembles or exports, each named once. "
            f"Found {listing(map(str, places))}."
        )
    found: list[Measurable] = [open_finished(place, data=data, splits=(split,)) for place in places]
    tasks = tuple(task for task in found[0].tasks if all(task in other.tasks for other in found))
    if not tasks:
        each = "; ".join(f"'{one.out}': {listing(one.tasks)}" for one in found)
        raise UsageError(f"what is compared should have a task in common. There is none: {each}.")
    fault_if_without(found, split)
    _fault_if_other_rows(found, tasks, split)
    measured = tuple(one.evaluate(split, tasks=tasks) for one in found)
    targets = {task: found[0].graph.recipe.tasks[task].task.target_class() for task in tasks}
    apart: list[dict[str, RowsApart]] = []
    warnings = dict.fromkeys(fault for one in found for fault in one.warnings(split))
    for place, other in zip(places[1:], measured[1:], strict=True):
        apart.append({})
        for task in tasks:
            here, there = other.rankings.get(task), measured[0].rankings.get(task)
            if here is not None and there is not None and np.array_equal(here.positives, there.positives):
                apart[-1][task] = _queries_apart(here, there)
            elif here is not None:
                what = f"has other queries or relevant documents than '{places[0]}' has: they are not compared."
                warnings[Fault(what, str(place), path=task)] = None
            elif not right_or_wrong(targets[task]) or task not in measured[0].predictions:
                continue
            elif other.gold[task] == measured[0].gold[task]:
                apart[-1][task] = _apart(other, measured[0], task, targets[task])
            else:
                what = f"has other gold labels than '{places[0]}' has: rows are not compared one by one."
                warnings[Fault(what, str(place), path=task)] = None
    return FinishedComparison(split, tasks, tuple(places), measured, tuple(apart), tuple(warnings))


def _fault_if_other_rows(found: Sequence[Measurable], tasks: Sequence[str], split: str) -> None:
    """Raise `UsageError` for every task that is measured on other rows than by the first."""
    first, *others = found
    faults = [
        Fault(
            f"should be measured on the {split} split that '{first.out}' is measured on. Found another one. Name the "
            "folder of data that is meant for all (--data DIR).",
            str(other.out),
            path=task,
        )
        for other in others
        for task in tasks
        if _rows_of(other, task, split) != _rows_of(first, task, split)
    ]
    if faults:
        raise UsageError(*faults)


def _rows_of(one: Measurable, task: str, split: str) -> str | None:
    return one.prepared.hashes.get(f"{one.graph.recipe.tasks[task].source}/{split}")


def _apart(here: Evaluation, there: Evaluation, task: str, target: type[Target]) -> RowsApart:
    """Return how the answers of one differ from those of the first, over the rows that have gold."""
    triples = zip(here.gold[task], here.predictions[task], there.predictions[task], strict=True)
    labelled = [(gold, mine, theirs) for gold, mine, theirs in triples if gold is not None]
    rights = [(is_right(target, gold, mine), is_right(target, gold, theirs)) for gold, mine, theirs in labelled]
    return RowsApart(
        len(labelled),
        sum(_known(gold, mine) != _known(gold, theirs) for gold, mine, theirs in labelled),
        sum(mine and not theirs for mine, theirs in rights),
        sum(theirs and not mine for mine, theirs in rights),
    )


def _queries_apart(here: Ranked, there: Ranked) -> RowsApart:
    """Return in how many queries another document is ranked first, of those with a relevant one."""
    counted = there.counted(both_kinds=False)
    mine, theirs = here.relevant[here.first][counted], there.relevant[there.first][counted]
    names = zip(here.first_documents(), there.first_documents(), counted.tolist(), strict=True)
    otherwise = sum(wanted and one != other for one, other, wanted in names)
    return RowsApart(int(counted.sum()), otherwise, int((mine & ~theirs).sum()), int((theirs & ~mine).sum()), "queries")


def _known(gold: Any, answer: Any) -> Any:
    """Return an answer without those of its tokens that have no gold label."""
    if isinstance(gold, list) and isinstance(answer, list) and len(gold) == len(answer):
        return [value for value, wanted in zip(answer, gold, strict=True) if wanted is not None]
    return answer


def sign_test(one: int, other: int) -> float:
    """Return the two-sided p-value of so many successes against so many failures of a fair coin.

    >>> sign_test(0, 5), sign_test(3, 3), sign_test(0, 0)
    (0.0625, 1.0, 1.0)
    """
    total, ways, tail = one + other, 1, 0
    for count in range(min(one, other) + 1):  # `ways` are those to have so many successes
        tail += ways
        ways = ways * (total - count) // (count + 1)
    return min(1.0, 2 * tail / (1 << total))
