"""Gradients of streams, multiplied as a balance says at the components in which streams meet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn.utils import get_total_norm

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
        self.weights = {name: sum(weights[task] for task in of) / len(of) for name, of in graph.streams().items()}
        meeting = [name for name in rows.parameters if len(graph.streams_meeting_at(name)) > 1]
        self.meeting = meeting if balance.scaled else []

    @property
    def active(self) -> bool:
        """Whether anything is scaled."""
        return bool(self.meeting)

    def scale(self, stream: str) -> None:
        """Scale the parameters' gradients where one stream alone has made them: by default this one."""
        for component in self.meeting:
            names = list(self.rows.of(component)) or [stream]
            gradients = [p.grad for p in self.rows.parameters[component] if p.grad is not None]
            if gradients and len(names) == 1:
                torch._foreach_mul_(gradients, self._factor(component, names[0], get_total_norm(gradients).item()))

    def combine(self, component: str, streams: Sequence[str], rows: Tensor) -> Tensor:
        """Return the sum [P] of scaled rows [N, P]."""
        norms = rows.norm(dim=1).tolist()
        factors = [self._factor(component, stream, norm) for stream, norm in zip(streams, norms, strict=True)]
        return rows.new_tensor(factors) @ rows

    def _factor(self, component: str, stream: str, norm: float) -> float:
        weight = self.weights[stream]
        usable = component in self.meeting and weight > 0 and math.isfinite(norm)
        return self.balance.scale(component, stream, norm / weight) if usable else 1.0
