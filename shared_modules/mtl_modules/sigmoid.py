"""A probability for every label by itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import pydantic
import torch
import torch.nn.functional as F
from torch import Tensor

from mtl.base.registry import register
from mtl.data.labels import Labels
from mtl.model.module import Output


@register("output", "sigmoid")
class Sigmoid(Output):
    """Logistic regression of every label by itself: any number of them may apply to a unit.

    A label is an answer where its probability is `threshold` or more. With `prior`, scores begin at the labels' log
    odds in training.
    """

    axes = (("C",),)

    def __init__(
        self,
        labels: Labels,
        *,
        threshold: Annotated[float, pydantic.Field(gt=0, lt=1)] = 0.5,
        prior: bool = True,
    ) -> None:
        super().__init__()
        self.labels = labels
        self.threshold = threshold
        self.begins_at_prior = prior

    def forward(self, *scores: Any) -> Tensor:
        """Return probabilities [B, C]."""
        found: Tensor = scores[0].sigmoid()
        return found

    def prior(self, targets: Iterable[tuple[Any, Tensor]]) -> tuple[Tensor | None, ...]:
        """Return the log odds of every label; half a unit more on either side keeps them finite."""
        if not self.begins_at_prior:
            return ()
        applied, units = torch.zeros(len(self.labels), dtype=torch.float64), 0
        for values, answered in targets:
            applied += values[answered].sum(0)
            units += int(answered.sum())
        return (((applied + 0.5) / (units - applied + 0.5)).log(),)

    def loss(self, *scores_and_targets: Any) -> Tensor:
        """Return [B]: the mean over the labels of each unit's binary cross-entropy."""
        scores, targets = scores_and_targets
        return F.binary_cross_entropy_with_logits(scores, targets.to(scores.dtype), reduction="none").mean(-1)

    def answer(self, *scores: Any) -> dict[str, Tensor]:
        """Return `chosen` [B, C], ids of the labels that apply and -1 for others, and all probabilities, `scores`."""
        probabilities = scores[0].sigmoid()
        ids = torch.arange(len(self.labels), device=probabilities.device)
        return {"chosen": torch.where(probabilities >= self.threshold, ids, -1), "scores": probabilities}

    def gap(self, scores: tuple[Any, ...], answer: str, row: int, wanted: Any, given: Any) -> float:
        """Return the largest distance from the threshold of a label on which two answers differ."""
        odd = (wanted != given).nonzero()[0]
        return float((self(*scores)[row].numpy()[odd] - self.threshold).__abs__().max())
