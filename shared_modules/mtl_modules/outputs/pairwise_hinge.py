"""Better documents should score higher by a margin."""

from __future__ import annotations

import torch
from torch import Tensor

from mtl.base.registry import register

from ..layers.limits import Positive
from .grade_output import GradeOutput
from .query_groups import better_and_worse


@register("output", "pairwise_hinge")
class PairwiseHinge(GradeOutput):
    """max(0, `margin` - (s_better - s_worse)) (Herbrich et al., 2000; Joachims, 2002).

    Counts pairs of documents: any two of one query whose grades differ, so that queries with many weigh more.
    """

    def __init__(self, *, margin: Positive = 1.0) -> None:
        super().__init__()
        self.margin = margin

    def ranking_loss(self, scores: Tensor, grades: Tensor, groups: Tensor) -> tuple[Tensor, Tensor]:
        """Return losses [N] of the N pairs of documents, all of them counted."""
        better, worse = better_and_worse(grades, groups)
        losses = (self.margin - (scores[better] - scores[worse])).clamp(min=0)
        return losses, torch.ones_like(better, dtype=torch.bool)
