"""Every pair by itself: the score should be the grade."""

from __future__ import annotations

import torch
from torch import Tensor

from mtl.base.registry import register
from mtl.model.module import RankingOutput


@register("output", "regression")
class Regression(RankingOutput):
    """The squared difference between score and grade (Cossock and Zhang, 2006).

    Counts pairs of a query and a document.
    """

    def ranking_loss(self, scores: Tensor, grades: Tensor, groups: Tensor) -> tuple[Tensor, Tensor]:
        """Return losses [P] of the pairs, all of them counted."""
        return (scores - grades.to(scores.dtype)).square(), torch.ones_like(grades, dtype=torch.bool)
