"""Every unit by itself: the score should be the number, or the grade."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from mtl.base.registry import register
from mtl.data.targets import Grades, Number, Target
from mtl.model.output import Losses, Output

from .grade_output import one_each


@register("output", "regression")
class Regression(Output):
    """The squared difference between score and number (of pairs and grades: Cossock and Zhang, 2006).

    Numbers are learned in units of their standard deviation in training, around their mean; grades as they are. Counts
    units: of a ranking task, pairs of a query and a document. With `prior`, scores begin at the mean.
    """

    elements = ("number", "grade")
    axes = ((),)

    def __init__(self, target: Target, *, prior: bool = True) -> None:
        super().__init__()
        self.begins_at_prior = prior
        self.mean, self.deviation = (target.mean, target.deviation) if isinstance(target, Number) else (0.0, 1.0)

    @property
    def output_dim(self) -> int:
        """One number per unit."""
        return 1

    def forward(self, *scores: Any) -> Tensor:
        """Return [B, 1]: the scores as they are."""
        return one_each(scores[0])[:, None]

    def _wanted(self, targets: Tensor | Grades) -> Tensor:
        """Return the numbers as they are learned, [B]."""
        return targets.grades if isinstance(targets, Grades) else (targets - self.mean) / self.deviation

    def prior(self, targets: Iterable[tuple[Any, Tensor]]) -> tuple[Tensor | None, ...]:
        """Return the mean of what is learned."""
        if not self.begins_at_prior:
            return ()
        values = torch.cat([self._wanted(found)[answered] for found, answered in targets])
        return (values.double().mean()[None],) if len(values) else ()

    def loss(self, *scores_and_targets: Any) -> Losses:
        """Return the squared differences [B]; those of units without a number do not count."""
        scores, wanted = one_each(scores_and_targets[0]), self._wanted(scores_and_targets[1])
        counted = ~wanted.isnan()
        return Losses((scores - torch.where(counted, wanted, 0.0).to(scores.dtype)).square(), counted)

    def answer(self, *scores: Any) -> dict[str, Tensor]:
        """Return `value` [B], the number; of a ranking task `score`."""
        found = one_each(scores[0])
        return {"value": found * self.deviation + self.mean, "score": found}
