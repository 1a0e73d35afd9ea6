"""A number for a text, with an output layer of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from mtl.base.registry import register
from mtl.data.targets import Number
from mtl.model.output import Losses, Output
from mtl.recipe.task import Slot, Task


@register("output", "absolute_difference")
class AbsoluteDifference(Output):
    """The distance between score and number, in standard deviations of training."""

    elements = ("number",)
    axes = ((),)

    def __init__(self, target: Number) -> None:
        super().__init__()
        self.target = target

    @property
    def output_dim(self) -> int:
        return 1

    def forward(self, *scores: Any) -> Tensor:
        found: Tensor = scores[0]
        return found

    def loss(self, *scores_and_targets: Any) -> Losses:
        scores, targets = scores_and_targets
        counted = ~targets.isnan()
        wanted = (torch.where(counted, targets, 0.0) - self.target.mean) / self.target.deviation
        return Losses((scores[:, 0] - wanted).abs(), counted)

    def answer(self, *scores: Any) -> dict[str, Tensor]:
        return {"value": scores[0][:, 0] * self.target.deviation + self.target.mean}


@register("task", "rating")
class Rating(Task):
    """Say how good a text calls something."""

    predicts = "number"

    def slots(self, inputs: Sequence[str]) -> tuple[Slot, ...]:
        return (
            Slot("embedding", "embedding", tuple(inputs), default={"type": "word"}),
            Slot("representation", "representation", ("embedding",), optional=True),
            Slot("pooling", "pooling", ("representation",), default={"type": "max"}),
            Slot("decoder", "decoder", ("pooling",), default={"type": "mlp"}),
            Slot("output", "output", ("decoder",), default={"type": "absolute_difference"}),
        )
