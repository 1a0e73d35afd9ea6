"""A probability for every label by itself."""

from __future__ import annotations

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

    A label is an answer where its probability is `threshold` or more.
    """

    axes = (("C",),)

    def __init__(self, labels: Labels, *, threshold: Annotated[float, pydantic.Field(gt=0, lt=1)] = 0.5) -> None:
        super().__init__()
        self.labels = labels
        self.threshold = threshold

    def forward(self, *scores: Any) -> Tensor:
        """Return probabilities [B, C]."""
        found: Tensor = scores[0].sigmoid()
        return found

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
