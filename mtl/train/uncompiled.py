"""Optimizers without what torch's own do for its compiler: they import it, which takes half as long as torch."""

from __future__ import annotations

import inspect
from typing import TypeVar

import torch

Kind = TypeVar("Kind", bound=type[torch.optim.Optimizer])

WRAPPED = ("add_param_group", "load_state_dict", "state_dict", "zero_grad")  # so that the compiler leaves them alone


def uncompiled(optimizer: Kind) -> Kind:
    """Give a class the methods of its base as they are inside their wrappers; a step computes no gradients.

    An optimizer's key `differentiable`, by which a step would compute gradients of its own, is without effect.
    """
    for name in WRAPPED:
        setattr(optimizer, name, inspect.unwrap(getattr(optimizer, name)))
    setattr(optimizer, "step", torch.no_grad()(inspect.unwrap(optimizer.step)))  # noqa: B010  # mypy: no assignment
    return optimizer
