"""Labels that are apart from all others by a margin."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from mtl.base.registry import register
from mtl.data.labels import Labels
from mtl.data.targets import Target
from mtl.model.module import PaddedSequence

from ..layers.limits import Positive, Threshold
from .class_weights import ClassWeights
from .softmax import Softmax


@register("output", "hinge")
class Hinge(Softmax):
    """Hinge loss over several labels (Crammer and Singer, 2001): what the right one lacks to `margin` above all others.

    Answers have the softmax of the scores for probabilities, which nothing but `calibrate` makes them. `class_weights`,
    `prior`, `calibrate` and `threshold` are those of `softmax`.
    """

    learns_soft = False  # its probabilities are not what it learns

    def __init__(
        self,
        labels: Labels,
        target: Target | None = None,
        *,
        margin: Positive = 1.0,
        class_weights: ClassWeights = None,
        prior: bool = True,
        calibrate: bool = False,
        threshold: Threshold | Literal["dev"] | None = None,
    ) -> None:
        super().__init__(
            labels, target, class_weights=class_weights, prior=prior, calibrate=calibrate, threshold=threshold
        )
        self.margin = margin

    def loss(self, scores: Tensor | PaddedSequence, targets: Tensor) -> Tensor:
        """Return [B]: the weighted hinge loss of each row, or its mean over the row's labelled tokens."""
        count = len(self.labels)
        values = scores.values if isinstance(scores, PaddedSequence) else scores
        known = (targets >= 0) & (targets < count)
        right = torch.where(known, targets, 0)[..., None]
        others = values.scatter(-1, right, float("-inf")).amax(-1)
        losses = (self.margin + others - values.gather(-1, right)[..., 0]).clamp(min=0)
        if self.weights is not None:
            losses = losses * self.weights[right[..., 0]]
        losses = torch.where(known, losses, 0.0)
        return losses if not isinstance(scores, PaddedSequence) else losses.sum(1) / known.sum(1).clamp(min=1)
