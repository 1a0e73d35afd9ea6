"""What the ends of ranking tasks have in common: they put a query's documents in order by one score per pair."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from mtl.base.errors import UsageError
from mtl.data.targets import Grades
from mtl.model.module import PaddedSequence
from mtl.model.output import Losses, Output


class GradeOutput(Output):
    """Teaches scores to put a query's documents in order. P pairs of a batch; pairs of one query share a group number.

    A subclass says what it counts in `ranking_loss`.
    """

    elements = ("grade",)
    axes = ((),)

    @property
    def output_dim(self) -> int:
        """One score per pair."""
        return 1

    def forward(self, *scores: Any) -> Tensor:
        """Return [P, 1]: the scores as they are."""
        return one_each(scores[0])[:, None]

    def ranking_loss(self, scores: Tensor, grades: Tensor, groups: Tensor) -> tuple[Tensor, Tensor]:
        """Return (losses [N], counted [N] bool): their mean over what is counted is the task's loss.

        `scores` and `grades` are float [P], `groups` int64 [P] in any order. N is what the loss is counted by (groups,
        pairs of pairs, pairs); False where there is nothing to compare. Grades above 0 are relevant.
        """
        raise NotImplementedError

    def count(self, targets: Grades, answered: Tensor, lengths: Tensor, ids: Any = None) -> Tensor:
        """Return the number of what the loss is counted by: it depends on grades alone."""
        return self.ranking_loss(torch.zeros_like(targets.grades), targets.grades, targets.groups)[1].sum()

    def loss(self, *scores_and_targets: Any) -> Losses:
        """Return the losses of [P] scores and their `Grades`."""
        scores, targets = scores_and_targets
        grades: Grades = targets
        return Losses(*self.ranking_loss(one_each(scores), grades.grades, grades.groups))

    def answer(self, *scores: Any) -> dict[str, Tensor]:
        """Return `score` [P]: what the scorer says, higher for texts that match better."""
        return {"score": one_each(scores[0])}


def one_each(scores: Tensor | PaddedSequence) -> Tensor:
    """Return scores [B], one per unit, of [B] or [B, 1]; raises `UsageError` for a sequence."""
    if isinstance(scores, PaddedSequence):
        raise UsageError("the output layer should take one score per unit. Found a sequence.")
    return scores[:, 0] if scores.dim() == 2 else scores
