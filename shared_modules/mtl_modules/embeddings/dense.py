"""Numbers as they are, scaled as those of training."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from mtl.base.registry import register
from mtl.model.module import Embedding, PaddedSequence
from mtl.text.features import Feature
from mtl.text.numbers import IsNumber, ScaledNumber


@register("embedding", "dense")
class Dense(Embedding):
    """The number that a token is, in deviations from the mean of training's numbers; for a column of numbers.

    Mean and deviation are those of the training rows. Where a number is `missing`, or a token is none, the `mean` takes
    its place, which is 0; with `indicator` a second value says so, 1 there and 0 elsewhere. Has no weights.
    """

    def __init__(self, features: tuple[Feature, ...], *, missing: Literal["mean", "indicator"] = "mean") -> None:
        super().__init__()
        self.indicator = missing == "indicator"

    @classmethod
    def features(cls, missing: str = "mean") -> tuple[Feature, ...]:
        """The scaled numbers, and whether they are there."""
        return (ScaledNumber(), IsNumber()) if missing == "indicator" else (ScaledNumber(),)

    def forward(self, lengths: Tensor, *features: Tensor | PaddedSequence) -> PaddedSequence:
        """Return [B, T, 1] for numbers [B, T], or [B, T, 2] for these and flags [B, T]."""
        numbers, *flags = features
        if not isinstance(numbers, Tensor):
            raise TypeError(f"a dense embedding takes numbers. Found {type(numbers).__name__}.")
        missing = [1 - there.to(numbers.dtype) for there in flags if isinstance(there, Tensor)]
        return PaddedSequence(torch.stack([numbers, *missing], -1), lengths)

    @property
    def output_dim(self) -> int:
        """The number, and the indicator where there is one."""
        return 1 + self.indicator
