"""Several batches in one update: how much each counts, so that a task's loss is that of one batch of all their rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from torch import Tensor

from ..base.errors import UsageError
from ..base.processes import Processes

Shares = dict[str, float]


class Share(NamedTuple):
    """What part of each task's loss is `of` a batch, and the numbers that its output layer said it would count."""

    of: Shares
    said: Mapping[str, int]

    def check(self, counted: Mapping[str, Tensor]) -> None:
        """Raise `UsageError` where a loss has counted something else: then shares are wrong."""
        for task, said in self.said.items():
            found = int(counted[task]) if task in counted else 0
            if found != said:
                raise UsageError(
                    f"the output layer of task '{task}' should count as many losses of a batch as its method 'count' "
                    f"says, {said}. Found {found}."
                )


def shares(
    counted: Sequence[Mapping[str, int]], tasks: Sequence[str], processes: Processes | None = None
) -> list[Share]:
    """Return the share that each batch has of what each task's loss counts: rows, tokens, pairs.

    `counted` are the numbers of it, by batch and task. A mean over a batch's times its share, added up over the
    batches, is the mean over all. A task that counts nothing has all of it everywhere. That of all `processes` counts.
    """
    numbers = iter((processes or Processes()).sums([counts[task] for counts in counted for task in tasks]))
    counts = [{task: next(numbers) for task in tasks} for _ in counted]
    totals = {task: sum(count[task] for count in counts) for task in tasks}
    found = [{task: count[task] / totals[task] if totals[task] else 1.0 for task in tasks} for count in counts]
    return [Share(of, said) for of, said in zip(found, counted, strict=True)]
