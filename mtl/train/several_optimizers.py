"""The optimizers of a training: that of the recipe, and those of components that have one of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ..base.errors import CheckpointError
from .row_gradients import step as make_step


class Optimizers:
    """Several optimizers as one; each parameter belongs to one of them."""

    def __init__(self, parts: Sequence[torch.optim.Optimizer]) -> None:
        self.parts = tuple(parts)

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """The groups of all of them."""
        return [group for part in self.parts for group in part.param_groups]

    def zero_grad(self) -> None:
        """Forget all gradients."""
        for part in self.parts:
            part.zero_grad(set_to_none=True)

    def step(self) -> None:
        """Make the step of each; of tables with sparse gradients only rows change."""
        for part in self.parts:
            make_step(part)

    def state(self, named: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return what is kept of parameters: tensors by `name/key`, and other values likewise."""
        tensors: dict[str, Tensor] = {}
        plain: dict[str, Any] = {}
        for name, parameter in named.items():
            for part in self.parts:
                for key, value in part.state.get(parameter, {}).items():
                    kept = tensors if isinstance(value, Tensor) else plain
                    kept[f"{name}/{key}"] = value
        return tensors, plain

    def load_state(self, named: Mapping[str, Tensor], tensors: Mapping[str, Tensor], plain: Mapping[str, Any]) -> None:
        """Take back what `state` returned; raises `CheckpointError` for a parameter that none of them has."""
        owners = {
            parameter: part for part in self.parts for group in part.param_groups for parameter in group["params"]
        }
        for part in self.parts:
            part.state.clear()
        for full, value in {**tensors, **plain}.items():
            name, _, key = full.rpartition("/")
            parameter = named.get(name)
            if parameter is None or parameter not in owners:
                raise CheckpointError(f"the optimizer's state should be of parameters of this model. Found '{name}'.")
            # a copy: memory that torch aligned itself, so that kernels sum in the same order as before
            kept = value.to(parameter.device, copy=True) if isinstance(value, Tensor) else value
            owners[parameter].state[parameter][key] = kept
