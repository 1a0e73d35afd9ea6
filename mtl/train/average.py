"""A moving average of the weights: it is evaluated, selected, saved and exported, and training goes on without it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from ..recipe.training import AverageConfig

_COUNTS = "/row_updates"  # what comes after a table's name in the name of its rows' counts


class WeightAverage:
    """The exponential moving average of parameters; without a `config` there is none, and no method changes anything.

    The n-th update of a parameter makes its average `a` times what it was, plus `1 - a` times the parameter, `a` being
    the smaller of `decay` and `(1 + n) / (10 + n)`, so that first weights are soon forgotten. A parameter without a
    gradient in a step (idle or frozen) was not updated, and its average stays as it is, bit for bit. So do rows of a
    table that its sparse gradient does not have: each row's `n` counts its own updates, so that the average of one that
    few texts have soon forgets its first weights, too. `named` are the tensors of a model, each once, of which
    `trained` are averaged.

    Source: Polyak and Juditsky (1992); with exponential weights Tarvainen and Valpola (2017), "Mean teachers are better
    role models"; the smaller first decays are those of TensorFlow's `ExponentialMovingAverage`.
    """

    def __init__(self, config: AverageConfig | None, named: Mapping[str, Tensor], trained: Sequence[Tensor]) -> None:
        self.decay = 0.0 if config is None else config.decay
        averaged = set() if config is None else {id(parameter) for parameter in trained}
        self.parameters = {name: tensor for name, tensor in named.items() if id(tensor) in averaged}
        self.averages = {name: parameter.detach().clone() for name, parameter in self.parameters.items()}
        self.updates = dict.fromkeys(self.parameters, 0)
        self.row_updates: dict[str, Tensor] = {}  # of tables that got a sparse gradient: each row's own count

    @torch.no_grad()
    def update(self) -> None:
        """Take in the update that was just made: of the parameters that have a gradient."""
        alike: dict[float, tuple[list[Tensor], list[Tensor]]] = {}  # by the parameter's part in its average
        for name, parameter in self.parameters.items():
            if parameter.grad is None:
                continue
            if parameter.grad.is_sparse or name in self.row_updates:
                self._update_rows(name, parameter, parameter.grad)
                continue
            self.updates[name] = count = self.updates[name] + 1
            averages, current = alike.setdefault(1 - min(self.decay, (1 + count) / (10 + count)), ([], []))
            averages.append(self.averages[name])
            current.append(parameter)
        for part, (averages, current) in alike.items():
            torch._foreach_lerp_(averages, current, part)

    def _update_rows(self, name: str, table: Tensor, gradient: Tensor) -> None:
        """Take in the update of the rows of a table that its gradient has; of all where the gradient is dense."""
        if name not in self.row_updates:
            self.row_updates[name] = torch.full((len(table),), self.updates[name], device=table.device)
        rows = gradient.indices()[0] if gradient.is_sparse else torch.arange(len(table), device=table.device)
        if not len(rows):
            return
        self.updates[name] += 1
        self.row_updates[name][rows] += 1
        counts = self.row_updates[name][rows].double()
        parts = 1 - ((1 + counts) / (10 + counts)).clamp(max=self.decay)
        average = self.averages[name]
        average[rows] = average[rows].lerp(table.detach()[rows], parts[:, None].to(table.dtype))

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Put the averages into the place of the parameters, for a while."""
        raw = [parameter.detach().clone() for parameter in self.parameters.values()]
        _copy(self.averages.values(), self.parameters.values())
        try:
            yield
        finally:
            _copy(raw, self.parameters.values())

    def averaged(self, owned: Mapping[str, Mapping[str, Tensor]]) -> dict[str, dict[str, Tensor]]:
        """Return the components' tensors, averages in the place of those that have one."""
        return {
            name: {key: self.averages.get(f"{name}/{key}", tensor) for key, tensor in tensors.items()}
            for name, tensors in owned.items()
        }

    def state(self) -> dict[str, Any]:
        """Return how often each parameter was updated, fit for JSON."""
        return {"updates": dict(self.updates)}

    def tensors(self) -> dict[str, Tensor]:
        """Return the parameters by name, without their averages, and the counts of tables' rows."""
        return {**self.parameters, **{f"{name}{_COUNTS}": counts for name, counts in self.row_updates.items()}}

    def load_state(self, state: Mapping[str, Any], raw: Mapping[str, Tensor]) -> None:
        """Continue from where `state` and `raw` (the `tensors`) were taken: the parameters hold their averages."""
        _copy(self.parameters.values(), self.averages.values())
        _copy([raw[name] for name in self.parameters], self.parameters.values())
        self.updates = {name: int(state["updates"][name]) for name in self.parameters}
        counted = {name: raw[f"{name}{_COUNTS}"] for name in self.parameters if f"{name}{_COUNTS}" in raw}
        self.row_updates = {name: counts.to(self.averages[name].device, copy=True) for name, counts in counted.items()}


@torch.no_grad()
def _copy(values: Iterable[Tensor], there: Iterable[Tensor]) -> None:
    for value, tensor in zip(values, there, strict=True):
        tensor.copy_(value)
