"""One update, divided among processes: what each one's losses count, and gradients that are sums over all of them.

A task's loss is the mean over what counts of all processes' parts of a batch, so an update is that of one process with
the whole batch. Parts are compared with themselves: a loss that compares a batch's units sees those of its part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ..base.processes import Processes
from ..data.batch import Batch
from .accumulation import Shares
from .row_gradients import by_rows, dense

if TYPE_CHECKING:
    from .draws import Draw


class Division:
    """What the processes of a training agree on in an update; one process alone has all of everything."""

    def __init__(self, processes: Processes) -> None:
        self.processes = processes
        self.alone = processes.count == 1

    def losses(
        self, tasks: Sequence[str], losses: Mapping[str, float], counts: Mapping[str, Tensor]
    ) -> tuple[dict[str, float], Shares]:
        """Return the losses over all processes of the tasks that count anywhere, and this one's share of each.

        `losses` are the means over this one's part of a batch, `counts` what they are means over.
        """
        if self.alone:
            return dict(losses), dict.fromkeys(losses, 1.0)
        own = {task: float(counts[task]) if task in counts else 0.0 for task in tasks}
        numbers = [*own.values(), *(losses.get(task, 0.0) * own[task] for task in tasks)]
        found = self.processes.sums(numbers)
        of_all = dict(zip(tasks, zip(found[: len(tasks)], found[len(tasks) :], strict=True), strict=True))
        figures = {task: total / count for task, (count, total) in of_all.items() if count}
        return figures, {task: own[task] / of_all[task][0] for task in figures}

    def summed(self, gradients: Sequence[Tensor | None], like: Sequence[Tensor]) -> list[Tensor | None]:
        """Return gradients summed over all processes: None where no process has one, zeros count where others have."""
        if self.alone:
            return list(gradients)
        asked = [gradient is not None for gradient in gradients]
        asked += [gradient is not None and gradient.is_sparse for gradient in gradients]
        found = self.processes.either(asked)
        there, sparse = found[: len(gradients)], found[len(gradients) :]
        pairs = [pair for pair, found in zip(zip(gradients, like, strict=True), there, strict=True) if found]
        sums = iter(self.processes.summed([torch.zeros_like(p) if g is None else dense(g) for g, p in pairs]))
        every = [next(sums) if found else None for found in there]
        return [by_rows(g) if g is not None and rows else g for g, rows in zip(every, sparse, strict=True)]

    def join(self, parameters: Sequence[Tensor]) -> None:
        """Give parameters the sums of their gradients over all processes."""
        if not self.alone:
            sums = self.summed([parameter.grad for parameter in parameters], parameters)
            for parameter, gradient in zip(parameters, sums, strict=True):
                parameter.grad = gradient

    def batches(self, draws: Sequence[Draw]) -> list[Batch]:
        """Return the batches of a step with the rows of all processes, and nothing else of them."""
        batches = [batch for draw in draws for batch in draw.batches]
        rows = self.processes.from_each([batch.rows.tolist() for batch in batches])
        joined = (np.array([row for part in of_one for row in part]) for of_one in zip(*rows, strict=True))
        return [Batch(batch.source, found, {}, {}) for batch, found in zip(batches, joined, strict=True)]
