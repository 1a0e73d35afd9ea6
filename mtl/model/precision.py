"""Numbers of 16 bits where they do no harm: `train.precision: bf16` is torch's autocast, losses apart.

A bf16 has the range of a float32 and 8 bits of its digits (Kalamkar et al., 2019), so no loss has to be scaled.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

import torch
from torch import Tensor

from .module import PaddedSequence

T = TypeVar("T")
CASTING = ("cpu", "cuda")  # the devices of recipes; torch knows no autocast of `meta`


def autocast(device: torch.device, precision: str) -> AbstractContextManager[Any]:
    """Return the context of a forward pass: torch's autocast for `bf16`, none for `fp32`."""
    return torch.autocast(device.type, dtype=torch.bfloat16) if precision == "bf16" else nullcontext()


def in_float32(function: Callable[..., T], *arguments: Any) -> T:
    """Call a function without autocast and with bf16 arguments as float32; where no autocast is on, just call it."""
    kind = _device_type(arguments)
    if kind not in CASTING or not torch.is_autocast_enabled(kind):
        return function(*arguments)
    with torch.autocast(kind, enabled=False):
        return function(*map(_float32, arguments))


def _device_type(arguments: tuple[Any, ...]) -> str | None:
    for argument in arguments:
        tensor = argument.values if isinstance(argument, PaddedSequence) else argument
        if isinstance(tensor, Tensor):
            return tensor.device.type
    return None


def _float32(argument: Any) -> Any:
    if isinstance(argument, PaddedSequence):
        return PaddedSequence(_float32(argument.values), argument.lengths)
    return argument.float() if isinstance(argument, Tensor) and argument.dtype == torch.bfloat16 else argument
