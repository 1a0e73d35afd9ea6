"""Adam whose steps are as long, layer by layer, as a rate times the layer's own norm."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor

from ..base.registry import register
from .optimizer import BelowOne, FromZero, ParameterGroups, Positive, check_bounds
from .row_gradients import some_rows
from .uncompiled import uncompiled


@register("optimizer", "lamb")
@uncompiled
class Lamb(torch.optim.Optimizer):
    """LAMB, for large batches: Adam's step, scaled to the norm of what it moves (You et al., 2020, algorithm 2).

    The norm is that of one parameter (a matrix, a bias). Decay is a part of the step before it is scaled. A parameter
    that is all zeros, or whose step is, moves by the step as it is. So do single rows of a table that a step's texts
    have, such as the weights of n-grams: other rows of the table are not in the step, and how many of a step's rows are
    zeros yet says nothing of how far one should move.
    """

    kind: ClassVar[str] = "optimizer"

    def __init__(
        self,
        groups: ParameterGroups,
        *,
        lr: Positive = 5e-3,
        beta1: BelowOne = 0.9,
        beta2: BelowOne = 0.999,
        eps: Positive = 1e-6,
        weight_decay: FromZero = 0.01,
    ) -> None:
        check_bounds(lr=lr, beta1=beta1, beta2=beta2, eps=eps, weight_decay=weight_decay)
        super().__init__(groups, {"lr": lr, "betas": (beta1, beta2), "eps": eps, "weight_decay": weight_decay})

    def step(self, closure: Any = None) -> Any:
        """Move the parameters that have a gradient; the others, and their state, stay as they are.

        A closure, if there is one, computes the gradients first; what it returns is returned.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._move(parameter, parameter.grad, group)
        return loss

    def _move(self, parameter: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        state = self.state[parameter]
        if not state:
            state["step"] = torch.zeros((), device=parameter.device)
            state["exp_avg"], state["exp_avg_sq"] = torch.zeros_like(parameter), torch.zeros_like(parameter)
        beta1, beta2 = group["betas"]
        state["step"] += 1
        mean = state["exp_avg"].lerp_(gradient, 1 - beta1)
        square = state["exp_avg_sq"].mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
        deviation = (square / (1 - beta2 ** state["step"])).sqrt_().add_(group["eps"])
        move = (mean / (1 - beta1 ** state["step"])).div_(deviation)
        if group["weight_decay"]:
            move.add_(parameter, alpha=group["weight_decay"])
        if some_rows(parameter):
            parameter.sub_(move, alpha=group["lr"])
            return
        own, length = parameter.norm(), move.norm()
        scale = torch.where((own > 0) & (length > 0), own / length, 1.0)
        parameter.sub_(move.mul_(group["lr"] * scale))
