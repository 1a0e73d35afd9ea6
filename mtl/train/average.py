"""A moving average of the weights: it is evaluated, selected, saved and exported, and training goes on without it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from ..recipe.training import AverageConfig


class WeightAverage:
    """The exponential moving average of parameters; without a `config` there is none, and no method changes anything.

    The n-th update of a parameter makes its average `a` times what it was, plus `1 - a` times the parameter, `a` being
    the smaller of `decay` and `(1 + n) / (10 + n)`, so that first weights are soon forgotten. A parameter without a
    gradient in a step (idle or frozen) was not updated, and its average stays as it is, bit for bit. `named` are the
    tensors of a model, each once, of which `trained` are averaged.

    Source: Polyak and Juditsky (1992); with exponential weights Tarvainen and Valpola (2017), "Mean teachers are better
    role models"; the smaller first decays are those of TensorFlow's `ExponentialMovingAverage`.
    """

    def __init__(self, config: AverageConfig | None, named: Mapping[str, Tensor], trained: Sequence[Tensor]) -> None:
        self.decay = 0.0 if config is None else config.decay
        averaged = set() if config is None else {id(parameter) for parameter in trained}
        self.parameters = {name: tensor for name, tensor in named.items() if id(tensor) in averaged}
        self.averages = {name: parameter.detach().clone() for name, parameter in self.parameters.items()}
        self.updates = dict.fromkeys(self.parameters, 0)

    @torch.no_grad()
    def update(self) -> None:
        """Take in the update that was just made: of the parameters that have a gradient."""
        alike: dict[float, tuple[list[Tensor], list[Tensor]]] = {}  # by the parameter's part in its average
        for name, parameter in self.parameters.items():
            if parameter.grad is not None:
                self.updates[name] = count = self.updates[name] + 1
                averages, current = alike.setdefault(1 - min(self.decay, (1 + count) / (10 + count)), ([], []))
                averages.append(self.averages[name])
                current.append(parameter)
        for part, (averages, current) in alike.items():
            torch._foreach_lerp_(averages, current, part)

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

    def load_state(self, state: Mapping[str, Any], raw: Mapping[str, Tensor]) -> None:
        """Continue from where `state` was taken: the parameters hold their averages, and get their `raw` values."""
        _copy(self.parameters.values(), self.averages.values())
        _copy([raw[name] for name in self.parameters], self.parameters.values())
        self.updates = {name: int(state["updates"][name]) for name in self.parameters}


@torch.no_grad()
def _copy(values: Iterable[Tensor], there: Iterable[Tensor]) -> None:
    for value, tensor in zip(values, there, strict=True):
        tensor.copy_(value)
