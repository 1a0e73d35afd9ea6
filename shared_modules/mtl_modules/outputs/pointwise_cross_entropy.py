"""Every pair by itself: is it relevant?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from mtl.base.registry import register

from .grade_output import GradeOutput


@register("output", "pointwise_cross_entropy")
class PointwiseCrossEntropy(GradeOutput):
    """Logistic loss of the score against "the grade is above 0" (Severyn and Moschitti, 2015).

    Counts pairs of a query and a document. With `prior`, scores begin at the log odds of a relevant document, where
    training has no pairs but the judged ones.
    """

    def __init__(self, *, prior: bool = True) -> None:
        super().__init__()
        self.begins_at_prior = prior

    def prior(self, targets: Iterable[tuple[Any, Tensor]]) -> tuple[Tensor | None, ...]:
        """Return the log odds of a grade above 0."""
        if not self.begins_at_prior:
            return ()
        relevant = torch.cat([found.grades[answered] > 0 for found, answered in targets] or [torch.zeros(0)])
        if not len(relevant):
            return ()
        positive = relevant.double().sum()
        return (((positive + 0.5) / (len(relevant) - positive + 0.5)).log()[None],)

    def ranking_loss(self, scores: Tensor, grades: Tensor, groups: Tensor) -> tuple[Tensor, Tensor]:
        """Return losses [P] of the pairs, all of them counted."""
        relevant = (grades > 0).to(scores.dtype)
        losses = F.binary_cross_entropy_with_logits(scores, relevant, reduction="none")
        return losses, torch.ones_like(grades, dtype=torch.bool)
