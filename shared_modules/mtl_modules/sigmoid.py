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

from .class_weights import ClassWeights, class_weights_of
from .focal import far_from_right
from .limits import FromZero
from .priors import RAREST


@register("output", "sigmoid")
class Sigmoid(Output):
    """Logistic regression of every label by itself: any number of them may apply to a unit.

    A label is an answer where its probability is `threshold` or more. `class_weights` multiply the losses of units that
    have a label: a number per label (1 where none is given), or `balanced`: the mean count of the labels / the count of
    this one. `focal` is the exponent of the focal loss, the cross-entropy times (1 - p)^focal, p the probability of
    what is right (Lin et al., 2017); 0 is cross-entropy. With `prior`, scores begin at the labels' (weighted) log odds
    in training.
    """

    weights: Tensor | None

    axes = (("C",),)

    def __init__(
        self,
        labels: Labels,
        *,
        threshold: Annotated[float, pydantic.Field(gt=0, lt=1)] = 0.5,
        class_weights: ClassWeights = None,
        focal: FromZero = 0.0,
        prior: bool = True,
    ) -> None:
        super().__init__()
        self.labels = labels
        self.threshold = threshold
        self.focal = focal
        self.begins_at_prior = prior
        weights = class_weights_of(labels, class_weights)
        self.register_buffer("weights", weights, persistent=False)  # it follows from the recipe and the labels

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
        odds = (applied + 0.5) / (units - applied + 0.5)
        return ((odds if self.weights is None else odds * self.weights.clamp(min=RAREST)).log(),)

    def loss(self, *scores_and_targets: Any) -> Tensor:
        """Return [B]: the mean over the labels of each unit's binary cross-entropy."""
        scores, targets = scores_and_targets[0], scores_and_targets[1].to(scores_and_targets[0].dtype)
        losses = F.binary_cross_entropy_with_logits(scores, targets, reduction="none", pos_weight=self.weights)
        if self.focal:
            plain = F.binary_cross_entropy_with_logits(scores, targets, reduction="none")
            losses = losses * far_from_right(plain, self.focal)
        return losses.mean(-1)

    def answer(self, *scores: Any) -> dict[str, Tensor]:
        """Return `chosen` [B, C], ids of the labels that apply and -1 for others, and all probabilities, `scores`."""
        probabilities = scores[0].sigmoid()
        ids = torch.arange(len(self.labels), device=probabilities.device)
        return {"chosen": torch.where(probabilities >= self.threshold, ids, -1), "scores": probabilities}

    def gap(self, scores: tuple[Any, ...], answer: str, row: int, wanted: Any, given: Any) -> float:
        """Return the largest distance from the threshold of a label on which two answers differ."""
        odd = (wanted != given).nonzero()[0]
        return float((self(*scores)[row].numpy()[odd] - self.threshold).__abs__().max())
