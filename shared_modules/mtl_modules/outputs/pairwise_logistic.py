"""Better documents should be likelier to win."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from mtl.base.registry import register

from .grade_output import GradeOutput
from .query_groups import better_and_worse


@register("output", "pairwise_logistic")
class PairwiseLogistic(GradeOutput):
    """log(1 + exp(-(s_better - s_worse))): RankNet (Burges et al., 2005, section 3).

    Counts pairs of documents: any two of one query whose grades differ, so that queries with many weigh more.
    """

    def ranking_loss(self, scores: Tensor, grades: Tensor, groups: Tensor) -> tuple[Tensor, Tensor]:
        """Return losses [N] of the N pairs of documents, all of them counted."""
        better, worse = better_and_worse(grades, groups)
        losses = F.softplus(scores[worse] - scores[better])
        return losses, torch.ones_like(better, dtype=torch.bool)
