"""Optimizers that torch has: each moves parameters as torch's plain form does; bounds of their values."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from mtl.base.errors import UsageError
from mtl.train.more_optimizers import Adagrad, NAdam, RAdam

OURS: list[tuple[Any, Any, dict[str, Any], dict[str, Any]]] = [
    (RAdam, torch.optim.RAdam, {"lr": 0.05}, {"decoupled_weight_decay": True}),
    (NAdam, torch.optim.NAdam, {"lr": 0.05}, {"decoupled_weight_decay": True}),
    (Adagrad, torch.optim.Adagrad, {"lr": 0.05}, {}),
]


@pytest.mark.parametrize(("ours", "plain", "values", "more"), OURS, ids=lambda value: getattr(value, "__name__", ""))
def test_it_moves_parameters_as_the_plain_form_does(ours: Any, plain: Any, values: Any, more: Any) -> None:
    pairs = [[nn.Parameter(torch.ones(40)), nn.Parameter(torch.ones(3))] for _ in range(2)]
    optimizers = (
        ours([{"params": pairs[0]}], weight_decay=0.1, **values),
        plain(pairs[1], weight_decay=0.1, foreach=False, **values, **more),
    )
    generator = torch.Generator().manual_seed(0)
    for step in range(12):
        gradients = [torch.randn(40, generator=generator), torch.randn(3, generator=generator) if step % 2 else None]
        for parameters, optimizer in zip(pairs, optimizers, strict=True):
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.grad = gradient
            optimizer.step()
    for one, other in zip(*pairs, strict=True):
        assert not torch.equal(one, torch.ones_like(one))
        torch.testing.assert_close(one, other)


MESSAGES = [
    (lambda: RAdam([], lr=0.0), "train.optimizer.lr: should be a positive number. Found 0."),
    (lambda: RAdam([], beta2=1.0), "train.optimizer.beta2: should be a number of at least 0 and below 1. Found 1."),
    (lambda: NAdam([], eps=-1.0), "train.optimizer.eps: should be a positive number. Found -1."),
    (lambda: NAdam([], beta1=1.0), "train.optimizer.beta1: should be a number of at least 0 and below 1. Found 1."),
    (
        lambda: Adagrad([], weight_decay=-1.0),
        "train.optimizer.weight_decay: should be a number of at least 0. Found -1.",
    ),
]


@pytest.mark.parametrize(("build", "message"), MESSAGES)
def test_messages(build: Any, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        build()
    assert str(caught.value) == message
