"""Dropout whose random numbers cost a quarter of torch's on a CPU."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

STEPS = 2**16  # rates are rounded to a multiple of 1 / STEPS: 16 random bits a value, four values a random number


def dropout(values: Tensor, rate: float) -> Tensor:
    """Set a share of the values to zero and scale the others up, so that their expected sum is unchanged.

    Source: Srivastava et al. (2014), in the form in which nothing is left to do at prediction.
    """
    if values.device.type != "cpu":
        return F.dropout(values, rate)
    dropped = min(round(rate * STEPS), STEPS - 1)
    count = values.numel()
    numbers = torch.empty((count + 3) // 4, dtype=torch.int64).random_(-(2**63), None)
    kept = numbers.view(torch.int16)[:count].view(values.shape) >= dropped - STEPS // 2
    return values * (kept * (STEPS / (STEPS - dropped)))


def locked_dropout(values: Tensor, rate: float) -> Tensor:
    """Set a share of the D dimensions of each row of [B, T, D] to zero, for all of its tokens alike; scale up the rest.

    Source: Gal and Ghahramani (2016), "A Theoretically Grounded Application of Dropout in Recurrent Neural Networks".
    """
    return values * dropout(values.new_ones(values.shape[0], 1, values.shape[2]), rate)


class Dropout(nn.Module):
    """Dropout as a layer: does nothing outside training."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, values: Tensor) -> Tensor:
        """Return values of the same shape."""
        return dropout(values, self.rate) if self.training else values

    def extra_repr(self) -> str:
        """Show the rate."""
        return f"rate={self.rate}"


class DroppedLinear(nn.Linear):
    """A linear layer with dropout before it.

    The two are one module, so that the names of tensors in a row of layers do not depend on the rate.
    """

    def __init__(self, size: int, width: int, rate: float) -> None:
        super().__init__(size, width)
        self.rate = rate

    def forward(self, values: Tensor) -> Tensor:
        """Return [..., width] for [..., size]."""
        return super().forward(dropout(values, self.rate) if self.training and self.rate else values)

    def extra_repr(self) -> str:
        """Show the sizes and the rate."""
        return f"{super().extra_repr()}, rate={self.rate}"
