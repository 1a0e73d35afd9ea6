"""Tasks that answer alike everywhere, as evaluations find them: said when it begins, and summed up at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from ..base.errors import counted

if TYPE_CHECKING:
    from ..base.progress import EvalReport

HINT = "If it stays so, try a lower rate, a longer warm-up, 'step: all' or a greater weight for the task."


class Alike:
    """Takes in the evaluations of a training; of a task it says so once, and again only after it was not so."""

    def __init__(self) -> None:
        self._evaluations = 0
        self._counts: Counter[str] = Counter()
        self._now: Collection[str] = ()

    def lines(self, report: EvalReport) -> Iterator[str]:
        """Yield a line for each task that answers alike everywhere now, and did not at the evaluation before."""
        before, self._now = self._now, report.constant.keys()
        self._evaluations += 1
        self._counts.update(self._now)
        for task, sentence in report.constant.items():
            if task not in before:
                yield f"  {sentence}. {HINT}"

    def summary(self) -> Iterator[str]:
        """Yield a line for each task that ever did: at how many evaluations, and whether at the last one."""
        for task, count in self._counts.items():
            last = "the last one among them" if task in self._now else "not at the last one"
            yield f"{task} answered alike everywhere at {count:,} of {counted(self._evaluations, 'evaluation')}, {last}"
