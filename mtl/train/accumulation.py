"""Several batches in one update: how much each counts, so that a task's loss is that of one batch of all their rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..base.processes import Processes

if TYPE_CHECKING:
    from ..data.batch import Batch

Shares = dict[str, float]


def shares(batches: Sequence[Batch], tasks: Sequence[str], processes: Processes | None = None) -> list[Shares]:
    """Return, for each batch, the share of each task's labelled rows (of a ranking: judged pairs) that are in it.

    A mean over a batch's rows times its share, added up over the batches, is the mean over the rows of all. One batch
    has all of everything, and so has each task without any label. Labels of all `processes` count.
    """
    if len(batches) == 1:
        return [dict.fromkeys(tasks, 1.0)]
    own = [int(batch.labelled[task].sum()) for batch in batches for task in tasks]
    numbers = iter((processes or Processes()).sums(own))
    counts = [{task: next(numbers) for task in tasks} for _ in batches]
    totals = {task: sum(count[task] for count in counts) for task in tasks}
    return [{task: count[task] / totals[task] if totals[task] else 1.0 for task in tasks} for count in counts]
