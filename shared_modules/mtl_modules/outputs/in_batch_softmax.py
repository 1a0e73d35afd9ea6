"""Each relevant document against all the irrelevant ones that its query has in the batch."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from mtl.base.registry import register

from ..layers.limits import Positive
from .grade_output import GradeOutput
from .query_groups import Queries


@register("output", "in_batch_softmax")
class InBatchSoftmax(GradeOutput):
    """Cross-entropy of choosing a relevant document among itself and its query's irrelevant ones.

    Source: Karpukhin et al. (2020), section 3.2; scores are divided by `temperature` (Chen et al., 2020, section 2.1).
    Other relevant documents of the query are left out of the choice. Counts relevant pairs whose query has a document
    that is not; those of a query with relevant documents only have nothing to be compared with.
    """

    needs_drawn_negatives = True

    def __init__(self, *, temperature: Positive = 1.0) -> None:
        super().__init__()
        self.temperature = temperature

    def ranking_loss(self, scores: Tensor, grades: Tensor, groups: Tensor) -> tuple[Tensor, Tensor]:
        """Return losses [P], 0 where not counted."""
        queries = Queries.of(groups)
        relevant = grades > 0
        scaled = scores / self.temperature
        others = queries.log_sum_exp(scaled, ~relevant)[queries.numbers]
        counted = relevant & queries.any(~relevant)[queries.numbers]
        return F.softplus(others - scaled).masked_fill(~counted, 0.0), counted
