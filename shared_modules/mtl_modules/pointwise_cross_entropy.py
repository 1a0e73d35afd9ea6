"""Every pair by itself: is it relevant?"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from mtl.base.registry import register

from .grade_output import GradeOutput


@register("output", "pointwise_cross_entropy")
class PointwiseCrossEntropy(GradeOutput):
    """Logistic loss of the score against "the grade is above 0" (Severyn and Moschitti, 2015).

    Counts pairs of a query and a document.
    """

    def ranking_loss(self, scores: Tensor, grades: Tensor, groups: Tensor) -> tuple[Tensor, Tensor]:
        """Return losses [P] of the pairs, all of them counted."""
        relevant = (grades > 0).to(scores.dtype)
        losses = F.binary_cross_entropy_with_logits(scores, relevant, reduction="none")
        return losses, torch.ones_like(grades, dtype=torch.bool)
