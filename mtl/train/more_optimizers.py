"""Relatives of Adam, and Adagrad: a parameter that got no gradient in a step is skipped by them, too."""

from __future__ import annotations

from typing import ClassVar

import torch

from ..base.registry import register
from .optimizer import BelowOne, FromZero, ParameterGroups, Positive, check_bounds
from .uncompiled import uncompiled


@register("optimizer", "radam")
@uncompiled
class RAdam(torch.optim.RAdam):
    """Rectified Adam: first steps are small while the variance is not known, without a warm-up (Liu et al., 2020).

    Weight decay is decoupled, as in `adamw`.
    """

    kind: ClassVar[str] = "optimizer"

    def __init__(
        self,
        groups: ParameterGroups,
        *,
        lr: Positive = 1e-3,
        beta1: BelowOne = 0.9,
        beta2: BelowOne = 0.999,
        eps: Positive = 1e-8,
        weight_decay: FromZero = 0.0,
    ) -> None:
        check_bounds(lr=lr, beta1=beta1, beta2=beta2, eps=eps, weight_decay=weight_decay)
        super().__init__(
            groups, lr, (beta1, beta2), eps, weight_decay=weight_decay, decoupled_weight_decay=True, foreach=True
        )


@register("optimizer", "nadam")
@uncompiled
class NAdam(torch.optim.NAdam):
    """Adam with Nesterov's momentum (Dozat, 2016); weight decay is decoupled, as in `adamw`."""

    kind: ClassVar[str] = "optimizer"

    def __init__(
        self,
        groups: ParameterGroups,
        *,
        lr: Positive = 1e-3,
        beta1: BelowOne = 0.9,
        beta2: BelowOne = 0.999,
        eps: Positive = 1e-8,
        weight_decay: FromZero = 0.0,
    ) -> None:
        check_bounds(lr=lr, beta1=beta1, beta2=beta2, eps=eps, weight_decay=weight_decay)
        super().__init__(
            groups, lr, (beta1, beta2), eps, weight_decay=weight_decay, decoupled_weight_decay=True, foreach=True
        )


@register("optimizer", "adagrad")
@uncompiled
class Adagrad(torch.optim.Adagrad):
    """Rates that fall with the sum of squared gradients (Duchi et al., 2011); decay is added to gradients."""

    kind: ClassVar[str] = "optimizer"

    def __init__(
        self,
        groups: ParameterGroups,
        *,
        lr: Positive = 1e-2,
        eps: Positive = 1e-10,
        weight_decay: FromZero = 0.0,
    ) -> None:
        check_bounds(lr=lr, eps=eps, weight_decay=weight_decay)
        on_cpu = all(parameter.device.type == "cpu" for group in groups for parameter in group["params"])
        form = {"fused": True} if on_cpu else {"foreach": True}  # torch has a fused form for CPUs alone
        super().__init__(groups, lr, weight_decay=weight_decay, eps=eps, **form)
