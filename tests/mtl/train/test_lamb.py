"""LAMB against its formulas, in NumPy; its state, and what it leaves alone."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from mtl.base.errors import UsageError
from mtl.train.lamb import Lamb
from mtl.train.uncompiled import WRAPPED


def by_formula(value: Any, gradients: list[Any], rate: float, decay: float) -> Any:
    """Return where a parameter is after its gradients, by algorithm 2 of the paper, in float64."""
    beta1, beta2, eps = 0.9, 0.999, 1e-6
    value = np.array(value, np.float64)
    first, second = np.zeros_like(value), np.zeros_like(value)
    for step, gradient in enumerate(gradients, 1):
        first = beta1 * first + (1 - beta1) * gradient
        second = beta2 * second + (1 - beta2) * gradient**2
        ratio = (first / (1 - beta1**step)) / (np.sqrt(second / (1 - beta2**step)) + eps)
        move = ratio + decay * value
        own, length = np.sqrt((value**2).sum()), np.sqrt((move**2).sum())
        value = value - rate * (own / length if own and length else 1.0) * move
    return value


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_it_moves_parameters_by_the_formulas(decay: float) -> None:
    generator = np.random.default_rng(0)
    first = [generator.normal(size=(4, 3)), np.zeros(3), generator.normal(size=5) * 100]
    parameters = [nn.Parameter(torch.tensor(value, dtype=torch.float32)) for value in first]
    optimizer = Lamb([{"params": parameters[:2]}, {"params": parameters[2:], "lr": 0.5}], lr=0.05, weight_decay=decay)
    gradients: list[list[Any]] = [[], [], []]
    for step in range(7):
        for number, parameter in enumerate(parameters):
            parameter.grad = None
            if number < 2 or step % 2:  # the last one has a gradient in every other step
                gradient = generator.normal(size=parameter.shape)
                gradients[number].append(gradient)
                parameter.grad = torch.tensor(gradient, dtype=torch.float32)
        optimizer.step()
    for number, parameter in enumerate(parameters):
        wanted = by_formula(first[number], gradients[number], 0.5 if number == 2 else 0.05, decay)
        np.testing.assert_allclose(parameter.detach().numpy(), wanted, rtol=2e-5, atol=1e-6)


def test_a_step_without_length_moves_nothing() -> None:
    parameter = nn.Parameter(torch.ones(3))
    optimizer = Lamb([{"params": [parameter]}], weight_decay=0.0)
    parameter.grad = torch.zeros(3)
    optimizer.step()
    assert torch.equal(parameter, torch.ones(3))


def test_a_parameter_without_a_gradient_is_left_alone() -> None:
    used, idle = nn.Parameter(torch.ones(3)), nn.Parameter(torch.ones(3))
    optimizer = Lamb([{"params": [used, idle]}])
    used.grad = torch.ones(3)
    optimizer.step()
    assert torch.equal(idle, torch.ones(3))
    assert set(optimizer.state) == {used}


def test_it_goes_on_from_its_state_bit_for_bit() -> None:
    gradients = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
    whole, halves = nn.Parameter(torch.ones(4)), nn.Parameter(torch.ones(4))
    one, other = Lamb([{"params": [whole]}]), Lamb([{"params": [halves]}])
    for step, gradient in enumerate(gradients):
        whole.grad = halves.grad = gradient
        one.step()
        if step == 3:
            state = other.state_dict()
            assert set(state["state"][0]) == {"step", "exp_avg", "exp_avg_sq"}
            other = Lamb([{"params": [halves]}])
            other.load_state_dict(state)
        other.step()
    assert torch.equal(whole, halves)


def test_a_closure_computes_the_gradients() -> None:
    parameter = nn.Parameter(torch.ones(3))

    def closure() -> float:
        loss = (parameter * 2).sum()
        loss.backward()
        return loss.item()

    assert Lamb([{"params": [parameter]}]).step(closure) == 6.0
    assert bool((parameter < 1).all())


def test_steps_compute_no_gradients_and_ask_for_no_compiler() -> None:
    parameter = nn.Parameter(torch.ones(3))
    (parameter * 2).sum().backward()
    Lamb([{"params": [parameter]}]).step()
    assert parameter.requires_grad
    assert parameter.grad_fn is None
    for method in WRAPPED:
        assert inspect.unwrap(getattr(Lamb, method)) is getattr(Lamb, method)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"lr": 0.0}, "train.optimizer.lr: should be a positive number. Found 0."),
        ({"beta2": 1.0}, "train.optimizer.beta2: should be a number of at least 0 and below 1. Found 1."),
        ({"eps": -1.0}, "train.optimizer.eps: should be a positive number. Found -1."),
        ({"weight_decay": -1.0}, "train.optimizer.weight_decay: should be a number of at least 0. Found -1."),
    ],
)
def test_messages(values: dict[str, float], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        Lamb([], **values)
    assert str(caught.value) == message
