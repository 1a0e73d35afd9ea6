"""Every unit by itself: the score should be the number, or the grade."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from mtl.base.registry import register
from mtl.data.targets import Grades, Number, Target
from mtl.model.module import Losses, Output

from .grade_output import one_each


@register("output", "regression")
class Regression(Output):
    """The squared difference between score and number (of pairs and grades: Cossock and Zhang, 2006).

    Numbers are learned in units of their standard deviation in training, around their mean; grades as they are. Counts
    units: of a ranking task, pairs of a query and a document.
    """

    elements = ("number", "grade")
    axes = ((),)

    def __init__(self, target: Target) -> None:
        super().__init__()
        self.mean, self.deviation = (target.mean, target.deviation) if isinstance(target, Number) else (0.0, 1.0)

    @property
    def output_dim(self) -> int:
        """One number per unit."""
        return 1

    def forward(self, *scores: Any) -> Tensor:
        """Return [B, 1]: the scores as they are."""
        return one_each(scores[0])[:, None]

    def loss(self, *scores_and_targets: Any) -> Losses:
        """Return the squared differences [B]; those of units without a number do not count."""
        scores, targets = one_each(scores_and_targets[0]), scores_and_targets[1]
        wanted = targets.grades if isinstance(targets, Grades) else (targets - self.mean) / self.deviation
        counted = ~wanted.isnan()
        return Losses((scores - torch.where(counted, wanted, 0.0).to(scores.dtype)).square(), counted)

    def answer(self, *scores: Any) -> dict[str, Tensor]:
        """Return `value` [B], the number; of a ranking task `score`."""
        found = one_each(scores[0])
        return {"value": found * self.deviation + self.mean, "score": found}
