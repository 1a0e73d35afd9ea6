"""Gradients of streams, multiplied as a balance says at the components in which streams meet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn.utils import get_total_norm

from .row_gradients import numbers

if TYPE_CHECKING:
    from ..graph.sharing_graph import SharingGraph
    from .balance import Balance
    from .rows import Rows


class Scaling:
    """Asks a balance for the factors; `rows` are the gradients of a step that were kept apart, if any."""

    def __init__(self, balance: Balance, graph: SharingGraph, rows: Rows) -> None:
        self.balance = balance
        self.rows = rows
        weights = {name: task.weight for name, task in graph.recipe.tasks.items()}
        self.weights: dict[str, dict[str, float]] = {}  # by component, then by stream: the mean of its tasks' there
        for component in rows.parameters if balance.scaled else ():
            there = {
                stream: [weights[task] for task in tasks if task in graph.tasks_meeting_at(component)]
                for stream, tasks in graph.trained_streams().items()
            }
            if sum(map(bool, there.values())) > 1:
                self.weights[component] = {stream: sum(of) / len(of) for stream, of in there.items() if of}

    @property
    def active(self) -> bool:
        """Whether anything is scaled."""
        return bool(self.weights)

    def scale(self, stream: str) -> None:
        """Scale the parameters' gradients where one stream has made them; `stream` is it where no rows were kept."""
        for component in self.weights:
            names = list(self.rows.of(component)) or [stream]
            gradients = [numbers(p.grad) for p in self.rows.parameters[component] if p.grad is not None]
            if gradients and len(names) == 1:
                (factor,) = self._factors(component, names, [get_total_norm(gradients).item()])
                torch._foreach_mul_(gradients, factor)

    def combine(self, component: str, streams: Sequence[str], rows: Tensor) -> Tensor:
        """Return the sum [P] of scaled rows [N, P]."""
        return rows.new_tensor(self._factors(component, streams, rows.norm(dim=1).tolist())) @ rows

    def _factors(self, component: str, streams: Sequence[str], norms: Sequence[float]) -> list[float]:
        weights = self.weights.get(component, {})
        usable = {
            stream: norm / weights[stream]
            for stream, norm in zip(streams, norms, strict=True)
            if weights.get(stream) and 0 < norm < math.inf
        }
        factors = self.balance.scale(component, usable) if usable else {}
        return [factors.get(stream, 1.0) for stream in streams]
