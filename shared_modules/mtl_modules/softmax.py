"""A distribution over labels that are independent of each other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from mtl.base.registry import register
from mtl.data.labels import MISSING, Labels
from mtl.model.module import Output, PaddedSequence

from .class_weights import ClassWeights, class_weights_of
from .focal import far_from_right
from .limits import FromZero, Rate
from .priors import label_counts, log_frequencies


@register("output", "softmax")
class Softmax(Output):
    """Softmax and cross-entropy, of whole rows or of each token.

    `label_smoothing` is the share of the target's weight that is spread over all labels. `class_weights` multiply
    the losses of labels: a number per label (1 where none is given), or `balanced`: N / (C x count of the label).
    `focal` is the exponent of the focal loss, the cross-entropy times (1 - p)^focal, p the probability of the right
    label, so that what is right already counts little (Lin et al., 2017); 0 is cross-entropy. With `prior`, scores
    begin at the logarithms of the labels' (weighted) frequencies in training.
    """

    weights: Tensor | None

    def __init__(
        self,
        labels: Labels,
        *,
        label_smoothing: Rate = 0.0,
        class_weights: ClassWeights = None,
        focal: FromZero = 0.0,
        prior: bool = True,
    ) -> None:
        super().__init__()
        self.labels = labels
        self.label_smoothing = label_smoothing
        self.focal = focal
        self.begins_at_prior = prior
        weights = class_weights_of(labels, class_weights)
        self.register_buffer("weights", weights, persistent=False)  # it follows from the recipe and the labels

    def forward(self, scores: Tensor | PaddedSequence) -> Tensor | PaddedSequence:
        """Return probabilities of the scores' shape."""
        if isinstance(scores, PaddedSequence):
            return PaddedSequence(scores.values.softmax(-1), scores.lengths)
        return scores.softmax(-1)

    def prior(self, targets: Iterable[tuple[Any, Tensor]]) -> tuple[Tensor | None, ...]:
        """Return the log frequencies of the labels, as the loss weighs and smooths them."""
        if not self.begins_at_prior:
            return ()
        return (log_frequencies(label_counts(targets, len(self.labels)), self.label_smoothing, self.weights),)

    def loss(self, scores: Tensor | PaddedSequence, targets: Tensor) -> Tensor:
        """Return [B]: the weighted cross-entropy of each row, or its mean over the row's labelled tokens."""
        count = len(self.labels)
        targets = torch.where((targets >= 0) & (targets < count), targets, MISSING)
        values = scores.values if isinstance(scores, PaddedSequence) else scores
        losses = F.cross_entropy(
            values.reshape(-1, count),
            targets.reshape(-1),
            self.weights,
            ignore_index=MISSING,
            reduction="none",
            label_smoothing=self.label_smoothing,
        )
        if self.focal:
            right = F.cross_entropy(
                values.reshape(-1, count), targets.reshape(-1), ignore_index=MISSING, reduction="none"
            )
            losses = losses * far_from_right(right, self.focal)
        if not isinstance(scores, PaddedSequence):
            return losses
        labelled = (targets != MISSING).sum(1).clamp(min=1)
        return losses.view(targets.shape).sum(1) / labelled

    def answer(self, scores: Tensor | PaddedSequence) -> dict[str, Tensor]:
        """Return the most probable label, its probability and, for rows, all probabilities."""
        values = scores.values if isinstance(scores, PaddedSequence) else scores
        probabilities = values.softmax(-1)
        answer = {"best": values.argmax(-1), "score": probabilities.amax(-1)}
        return answer if isinstance(scores, PaddedSequence) else {**answer, "scores": probabilities}
