"""All documents of a query at once: scores as a distribution, grades as another."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from mtl.base.registry import register

from ..layers.limits import Positive
from .grade_output import GradeOutput
from .query_groups import Queries


@register("output", "listwise_softmax")
class ListwiseSoftmax(GradeOutput):
    """Cross-entropy between the distributions of grades and of scores over a query's documents.

    ListNet (Cao et al., 2007, section 4.2): the probability of a document to come first is its share of the query's
    sum. Scores enter it as exp(score / `temperature`); grades as they are with `gain: linear` (irrelevant documents
    should have no probability at all), as exp(grade) with `gain: exponential` (as in the paper's experiments).
    Counts queries: those with documents of different grades, of which one is above 0.
    """

    def __init__(self, *, temperature: Positive = 1.0, gain: Literal["linear", "exponential"] = "linear") -> None:
        super().__init__()
        self.temperature = temperature
        self.gain = gain

    def ranking_loss(self, scores: Tensor, grades: Tensor, groups: Tensor) -> tuple[Tensor, Tensor]:
        """Return losses [G] of the batch's G queries, in the order of their group numbers; 0 where not counted."""
        queries = Queries.of(groups)
        grades = grades.to(scores.dtype)
        top, bottom = queries.largest(grades), -queries.largest(-grades)
        counted = (top > bottom) & (top > 0)
        gains = grades.clamp(min=0) if self.gain == "linear" else (grades - top[queries.numbers]).exp()
        sums = queries.sum(gains)
        targets = gains / torch.where(counted, sums, 1.0)[queries.numbers]
        scaled = scores / self.temperature
        total = queries.log_sum_exp(scaled, torch.ones_like(grades, dtype=torch.bool))
        losses = queries.sum(targets * (total[queries.numbers] - scaled))
        return losses.masked_fill(~counted, 0.0), counted
