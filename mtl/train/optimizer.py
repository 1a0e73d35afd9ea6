"""Optimizers, learning rate schedules, and which component gets which rate.

A parameter that got no gradient in a step is skipped altogether: no weight decay, no momentum, no change of state.
So a component that no active task needs is unchanged, bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, ClassVar

import pydantic
import torch
from torch import nn

from ..base.errors import Fault, UsageError
from ..base.registry import register
from .uncompiled import uncompiled

# What a recipe may say is here and not in constructors alone: these want parameters, so `mtl check` calls none.
Positive = Annotated[float, pydantic.Field(gt=0)]
FromZero = Annotated[float, pydantic.Field(ge=0)]
BelowOne = Annotated[float, pydantic.Field(ge=0, lt=1)]
ParameterGroups = list[dict[str, Any]]  # torch's: {"params": [...], "lr": ...}; "lr" only where it is not the default


@register("optimizer", "adam")
@uncompiled
class Adam(torch.optim.Adam):
    """Adam in torch's fused form: one kernel for all parameters (Kingma and Ba, 2015); decay is added to gradients."""

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
        super().__init__(groups, lr=lr, betas=(beta1, beta2), eps=eps, weight_decay=weight_decay, fused=True)


@register("optimizer", "adamw")
@uncompiled
class AdamW(torch.optim.AdamW):
    """Adam with decoupled weight decay in torch's fused form (Loshchilov and Hutter, 2019)."""

    kind: ClassVar[str] = "optimizer"

    def __init__(
        self,
        groups: ParameterGroups,
        *,
        lr: Positive = 1e-3,
        beta1: BelowOne = 0.9,
        beta2: BelowOne = 0.999,
        eps: Positive = 1e-8,
        weight_decay: FromZero = 0.01,
    ) -> None:
        check_bounds(lr=lr, beta1=beta1, beta2=beta2, eps=eps, weight_decay=weight_decay)
        super().__init__(groups, lr=lr, betas=(beta1, beta2), eps=eps, weight_decay=weight_decay, fused=True)


@register("optimizer", "sgd")
@uncompiled
class SGD(torch.optim.SGD):
    """Stochastic gradient descent, with momentum if asked for, in torch's fused form."""

    kind: ClassVar[str] = "optimizer"

    def __init__(
        self,
        groups: ParameterGroups,
        *,
        lr: Positive = 0.1,
        momentum: BelowOne = 0.0,
        nesterov: bool = False,
        weight_decay: FromZero = 0.0,
    ) -> None:
        check_bounds(lr=lr, momentum=momentum, weight_decay=weight_decay)
        if nesterov and momentum == 0:
            raise UsageError(
                Fault("should come with a momentum above 0. Found momentum 0.", path="train.optimizer.nesterov")
            )
        super().__init__(groups, lr=lr, momentum=momentum, nesterov=nesterov, weight_decay=weight_decay, fused=True)
        if momentum:  # torch's fused kernel wants all buffers or none; a zero one is what a first step starts from
            for group in self.param_groups:
                for parameter in group["params"]:
                    self.state[parameter]["momentum_buffer"] = torch.zeros_like(parameter)


def check_bounds(**values: float) -> None:
    """Raise `UsageError` for a value of an optimizer's key that is out of its bounds."""
    for key, value in values.items():
        if key in ("lr", "eps"):
            right, should = 0 < value < math.inf, "a positive number"
        elif key == "weight_decay":
            right, should = 0 <= value < math.inf, "a number of at least 0"
        else:
            right, should = 0 <= value < 1, "a number of at least 0 and below 1"
        if not right:
            raise UsageError(Fault(f"should be {should}. Found {value:g}.", path=f"train.optimizer.{key}"))


class Schedule:
    """The factor that every learning rate is multiplied with at a step; a pure function of step, `spent` and `state`.

    Registered with `register("schedule", name)`. `steps` is how many the whole training has, `epoch_steps` how
    many an epoch has. All schedules begin with `warmup` steps in which the factor rises linearly to 1; what
    follows is laid over the steps that remain. `spent` is the share of the time budget that is spent, 0 without one.
    """

    kind: ClassVar[str] = "schedule"
    needs_dev: ClassVar[bool] = False  # goes by the scores of evaluations
    spent: float = 0.0

    def __init__(self, steps: int, epoch_steps: int, *, warmup: int = 0) -> None:
        if warmup < 0:
            raise UsageError(
                Fault(f"should be a number of steps, at least 0. Found {warmup}.", path="train.schedule.warmup")
            )
        self.steps, self.epoch_steps, self.warmup = steps, epoch_steps, warmup

    def factor(self, step: int) -> float:
        """Return the factor of a step; the first is step 0."""
        if step < self.warmup:
            return (step + 1) / self.warmup
        return self.decay(step - self.warmup)

    def decay(self, step: int) -> float:
        """Return the factor of the step-th step after the warm-up."""
        raise NotImplementedError

    def evaluated(self, score: float) -> None:
        """Take note of an evaluation's score, of which more is better; by default nothing depends on it."""

    def state(self) -> dict[str, Any]:
        """Return what evaluations have shown, fit for JSON."""
        return {}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Continue from where `state` was taken."""

    def progress(self, step: int) -> float:
        """Return which part is done, 0 to 1: of the steps after the warm-up or of the time, whichever is more."""
        return min(1.0, max(step / max(1, self.steps - self.warmup), self.spent))


@register("schedule", "constant")
class Constant(Schedule):
    """The declared rate, from the end of the warm-up to the last step."""

    def decay(self, step: int) -> float:
        """Return 1."""
        return 1.0


@register("schedule", "linear")
class Linear(Schedule):
    """Down in a straight line to `end` times the declared rate, reached where a step after the last would be."""

    def __init__(self, steps: int, epoch_steps: int, *, warmup: int = 0, end: float = 0.0) -> None:
        super().__init__(steps, epoch_steps, warmup=warmup)
        self.end = share("end", end)

    def decay(self, step: int) -> float:
        """Return the factor on the line."""
        return 1 + (self.end - 1) * self.progress(step)


@register("schedule", "cosine")
class CosineSchedule(Schedule):
    """Down along half a cosine to `end` times the declared rate after the last step (Loshchilov and Hutter, 2017)."""

    def __init__(self, steps: int, epoch_steps: int, *, warmup: int = 0, end: float = 0.0) -> None:
        super().__init__(steps, epoch_steps, warmup=warmup)
        self.end = share("end", end)

    def decay(self, step: int) -> float:
        """Return the factor on the curve."""
        return self.end + (1 - self.end) * (1 + math.cos(math.pi * self.progress(step))) / 2


@register("schedule", "exponential")
class Exponential(Schedule):
    """Multiplied by `decay` once an epoch, in equal parts at every step."""

    def __init__(self, steps: int, epoch_steps: int, *, warmup: int = 0, decay: float = 0.95) -> None:
        super().__init__(steps, epoch_steps, warmup=warmup)
        self.base = share("decay", decay)

    def decay(self, step: int) -> float:
        """Return the factor on the curve."""
        return float(self.base ** (step / self.epoch_steps))


def share(key: str, value: float) -> float:
    """Return a key's value; raises `UsageError` where it is not from 0 to 1."""
    if not 0 <= value <= 1:
        raise UsageError(Fault(f"should be a number from 0 to 1. Found {value:g}.", path=f"train.schedule.{key}"))
    return value


def in_proportion(cls: type[Any], values: Mapping[str, Any], *, steps: float, epochs: float) -> dict[str, Any]:
    """Return the recipe keys with which a schedule goes over another training as these do over the first one.

    `steps` and `epochs` are those of the other training by those of the first. Decays that are laid over all steps
    need no change; a warm-up counts steps, at least one where there is any, and an exponential decay epochs.
    """
    found = dict(values)
    if found.get("warmup"):
        found["warmup"] = max(1, round(found["warmup"] * steps))
    if issubclass(cls, Exponential) and "decay" in found:
        found["decay"] = float(found["decay"]) ** (1 / epochs)
    return found


def parameter_groups(
    owned: Mapping[str, Iterable[nn.Parameter]], rates: Mapping[nn.Parameter, float], frozen: Iterable[str]
) -> ParameterGroups:
    """Return one group per learning rate over all components' own parameters, those of frozen components left out.

    `owned` maps component to parameters (each parameter once), `rates` a parameter to a rate that is not the
    optimizer's. One group per rate, not per component, keeps the fused kernel to a few calls. Frozen parameters get
    `requires_grad` False here, so that no backward pass is spent on them.
    """
    still = set(frozen)
    groups: dict[float | None, list[nn.Parameter]] = {}
    for component, parameters in owned.items():
        for parameter in parameters:
            if component in still:
                parameter.requires_grad_(False)
            elif parameter.requires_grad:
                groups.setdefault(rates.get(parameter), []).append(parameter)
    return [
        {"params": parameters} if rate is None else {"params": parameters, "lr": rate}
        for rate, parameters in groups.items()
    ]


class Rates:
    """Sets every group's learning rate to its own declared rate times the schedule's factor."""

    def __init__(self, groups: Sequence[dict[str, Any]], schedule: Schedule) -> None:
        self.groups = groups
        self.base = [float(group["lr"]) for group in self.groups]
        self.schedule = schedule

    def set(self, step: int, spent: float = 0.0) -> float:
        """Set the rates of a step, at which a share of the time budget is spent, and return the factor."""
        self.schedule.spent = spent
        factor = self.schedule.factor(step)
        for group, base in zip(self.groups, self.base, strict=True):
            group["lr"] = base * factor
        return factor
