from __future__ import annotations

import inspect
from typing import Any

import pytest
import torch
from torch import nn

from mtl.base.registry import lookup
from mtl.train.uncompiled import WRAPPED

OPTIMIZERS = ["adam", "adamw", "sgd", "radam", "nadam", "adagrad"]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_steps_are_those_of_the_base(name: str) -> None:
    """Parameters and states after each step are those of torch's own methods, bit for bit, also from a saved state."""
    cls: Any = lookup("optimizer", name)
    base = type("Base", (cls,), {method: getattr(cls.__mro__[1], method) for method in (*WRAPPED, "step")})
    results = []
    for kind in (cls, base):
        model = nn.Linear(3, 2)
        with torch.no_grad():
            model.weight.copy_(torch.arange(6.0).view(2, 3))
            model.bias.zero_()
        optimizer = kind([{"params": [model.weight]}, {"params": [model.bias], "lr": 0.5}])
        found: list[Any] = []
        for step in range(3):
            optimizer.zero_grad(set_to_none=True)
            assert model.weight.grad is None
            model(torch.ones(4, 3) * step).square().sum().backward()
            optimizer.step()
            assert torch.is_grad_enabled()
            found += [model.weight.detach().clone(), model.bias.detach().clone()]
            state = optimizer.state_dict()
            optimizer = kind([{"params": [model.weight]}, {"params": [model.bias], "lr": 0.5}])
            optimizer.load_state_dict(state)
        results.append(found)
    for one, other in zip(*results, strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_no_method_asks_for_the_compiler(name: str) -> None:
    cls: Any = lookup("optimizer", name)
    for method in WRAPPED:
        assert inspect.unwrap(getattr(cls, method)) is getattr(cls, method)
