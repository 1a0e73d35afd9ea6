"""Optimizers, schedules, parameter groups: what moves, how fast, and messages."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from mtl.base.errors import UsageError
from mtl.base.registry import recipe_keys
from mtl.train.more_optimizers import Adagrad, NAdam, RAdam
from mtl.train.optimizer import (
    SGD,
    Adam,
    AdamW,
    Constant,
    CosineSchedule,
    Exponential,
    Linear,
    Rates,
    Schedule,
    in_proportion,
    parameter_groups,
)


def test_groups_are_one_per_rate_and_leave_frozen_components_out() -> None:
    parameters = {name: [nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(3))] for name in "abcd"}
    rates = {parameter: 0.5 for name in "ac" for parameter in parameters[name]}
    groups = parameter_groups(parameters, rates, frozen=["d"])
    assert [(len(group["params"]), group.get("lr")) for group in groups] == [(4, 0.5), (2, None)]
    assert not any(parameter.requires_grad for parameter in parameters["d"])


@pytest.mark.parametrize("cls", [Adam, AdamW, SGD, RAdam, NAdam, Adagrad])
def test_a_parameter_without_gradient_is_untouched(cls: type[torch.optim.Optimizer]) -> None:
    active, idle = nn.Parameter(torch.randn(50)), nn.Parameter(torch.randn(50))
    values = {"momentum": 0.9} if cls is SGD else {}
    optimizer = cls([{"params": [active, idle]}], weight_decay=0.1, **values)  # type: ignore[call-arg, arg-type]
    for parameter in (active, idle):
        parameter.grad = torch.randn(50)
    optimizer.step()
    before = idle.detach().clone(), active.detach().clone()
    state = {key: value.clone() for key, value in optimizer.state[idle].items() if torch.is_tensor(value)}
    optimizer.zero_grad(set_to_none=True)
    active.grad = torch.randn(50)
    for _ in range(3):
        optimizer.step()
    assert torch.equal(idle, before[0])
    assert not torch.equal(active, before[1])
    assert all(torch.equal(optimizer.state[idle][key], value) for key, value in state.items())


def test_a_parameter_may_take_part_later_than_others() -> None:
    """Momentum is what plain torch computes, whenever a parameter gets its first gradient."""
    ours, reference = ([nn.Parameter(torch.ones(3)) for _ in range(2)] for _ in range(2))
    fused = SGD([{"params": ours}], lr=0.1, momentum=0.9, nesterov=True)
    plain = torch.optim.SGD(reference, lr=0.1, momentum=0.9, nesterov=True)
    for step in range(4):
        for parameters, optimizer in ((ours, fused), (reference, plain)):
            optimizer.zero_grad(set_to_none=True)
            for parameter in parameters[: 1 + step // 2]:
                parameter.grad = torch.full((3,), float(step + 1))
            optimizer.step()
    assert all(torch.allclose(a, b) for a, b in zip(ours, reference, strict=True))


def test_rates_multiply_each_groups_own() -> None:
    one, other = nn.Parameter(torch.ones(1)), nn.Parameter(torch.ones(1))
    optimizer = AdamW([{"params": [one]}, {"params": [other], "lr": 0.01}], lr=0.1)
    rates = Rates(optimizer.param_groups, Linear(10, 5))
    for step, factor in ((0, 1.0), (5, 0.5), (10, 0.0)):
        assert rates.set(step) == pytest.approx(factor)
        assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([0.1 * factor, 0.01 * factor])


SCHEDULES: list[tuple[Schedule, list[float]]] = [
    (Constant(12, 4), [1, 1, 1, 1, 1]),
    (Constant(12, 4, warmup=4), [0.25, 0.5, 1, 1, 1]),
    (Linear(12, 4, warmup=4), [0.25, 0.5, 1, 0.5, 0]),
    (Linear(12, 4, end=0.4), [1, 0.95, 0.8, 0.6, 0.4]),
    (CosineSchedule(12, 4, warmup=4), [0.25, 0.5, 1, 0.5, 0]),
    (CosineSchedule(12, 4, warmup=4, end=0.5), [0.25, 0.5, 1, 0.75, 0.5]),
    (Exponential(12, 4, decay=0.5), [1, 0.8409, 0.5, 0.25, 0.125]),
]


@pytest.mark.parametrize(("schedule", "factors"), SCHEDULES)
def test_schedules(schedule: Schedule, factors: list[float]) -> None:
    steps = [0, 1, 4, 8, 12]
    assert [schedule.factor(step) for step in steps] == pytest.approx(factors, abs=1e-4)


def test_a_warm_up_longer_than_the_training_only_rises() -> None:
    schedule = Linear(5, 5, warmup=10)
    assert [schedule.factor(step) for step in (0, 4)] == [0.1, 0.5]


@pytest.mark.parametrize(
    ("cls", "values"),
    [
        (Constant, {"warmup": 20}),
        (Linear, {"warmup": 20, "end": 0.2}),
        (CosineSchedule, {"warmup": 20, "end": 0.0}),
        (Exponential, {"warmup": 20, "decay": 0.5}),
        (Exponential, {"warmup": 0, "decay": 0.9}),
    ],
)
def test_a_schedule_goes_over_a_shorter_training_as_over_a_longer_one(
    cls: type[Schedule], values: dict[str, float]
) -> None:
    long = cls(100, 10, **values)  # type: ignore[arg-type]  # ten epochs
    shorter = in_proportion(cls, values, steps=0.3, epochs=0.5)
    short = cls(30, 6, **shorter)  # type: ignore[arg-type]  # five epochs, of six steps each
    assert short.warmup == long.warmup * 0.3
    for part in (0.2, 0.5, 0.8, 1.0):
        assert short.factor(round(30 * part)) == pytest.approx(long.factor(round(100 * part)))


def test_a_schedule_of_an_equal_training_is_what_it_was() -> None:
    values = {"warmup": 7, "decay": 0.9}
    assert in_proportion(Exponential, values, steps=1.0, epochs=1.0) == values
    assert in_proportion(Linear, {"warmup": 7, "end": 0.0}, steps=0.01, epochs=1.0) == {"warmup": 1, "end": 0.0}


MESSAGES = [
    (lambda: AdamW([], lr=0.0), "train.optimizer.lr: should be a positive number. Found 0."),
    (lambda: Adam([], lr=float("nan")), "train.optimizer.lr: should be a positive number. Found nan."),
    (lambda: Adam([], eps=-1.0), "train.optimizer.eps: should be a positive number. Found -1."),
    (lambda: Adam([], beta1=1.0), "train.optimizer.beta1: should be a number of at least 0 and below 1. Found 1."),
    (lambda: Adam([], beta2=-0.5), "train.optimizer.beta2: should be a number of at least 0 and below 1. Found -0.5."),
    (
        lambda: SGD([], momentum=1.5),
        "train.optimizer.momentum: should be a number of at least 0 and below 1. Found 1.5.",
    ),
    (lambda: SGD([], weight_decay=-0.1), "train.optimizer.weight_decay: should be a number of at least 0. Found -0.1."),
    (
        lambda: SGD([], nesterov=True),
        "train.optimizer.nesterov: should come with a momentum above 0. Found momentum 0.",
    ),
    (lambda: Constant(1, 1, warmup=-1), "train.schedule.warmup: should be a number of steps, at least 0. Found -1."),
    (lambda: Linear(1, 1, end=2.0), "train.schedule.end: should be a number from 0 to 1. Found 2."),
    (lambda: CosineSchedule(1, 1, end=-1.0), "train.schedule.end: should be a number from 0 to 1. Found -1."),
    (lambda: Exponential(1, 1, decay=1.5), "train.schedule.decay: should be a number from 0 to 1. Found 1.5."),
]


@pytest.mark.parametrize(("build", "message"), MESSAGES, ids=[message.split(":")[0] for _, message in MESSAGES])
def test_messages(build: object, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        build()  # type: ignore[operator]
    assert str(caught.value) == message


def test_recipe_keys_come_from_the_signature() -> None:
    assert list(recipe_keys(AdamW)) == ["lr", "beta1", "beta2", "eps", "weight_decay"]
    assert list(recipe_keys(CosineSchedule)) == ["warmup", "end"]
