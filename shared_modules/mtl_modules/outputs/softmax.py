"""A distribution over labels that are independent of each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from mtl.base.errors import WrongKeyError, some
from mtl.base.registry import register
from mtl.data.labels import MISSING, Labels
from mtl.data.targets import Target
from mtl.model.distribution import from_threshold, softened
from mtl.model.module import PaddedSequence
from mtl.model.output import DevUnits, Output

from ..layers.limits import FromZero, Rate, Threshold
from .class_weights import ClassWeights, class_weights_of
from .focal import far_from_right
from .priors import label_counts, log_frequencies
from .temperature import calibration
from .thresholds import best_rejection


@register("output", "softmax")
class Softmax(Output):
    """Softmax and cross-entropy, of whole rows or of each token.

    `label_smoothing` is the share of the target's weight that is spread over all labels. `class_weights` multiply
    the losses of labels: a number per label (1 where none is given), or `balanced`: N / (C x count of the label).
    `focal` is the exponent of the focal loss, the cross-entropy times (1 - p)^focal, p the probability of the right
    label, so that what is right already counts little (Lin et al., 2017); 0 is cross-entropy. With `prior`, scores
    begin at the logarithms of the labels' (weighted) frequencies in training.

    After training, `calibrate` divides scores by the temperature at which dev is the most probable (Guo et al., 2017):
    answers stay what they are, their probabilities become shares of right ones. Where the task has a label for what is
    `out_of_scope`, it is the answer where no probability reaches `threshold`: a number or, by default, `dev`, the one
    with the highest accuracy on dev, where some rows have that label (Larson et al., 2019). Its `score` is then what
    the highest probability lacks to 1.
    """

    rejects = True
    grows = True
    learns_soft = True
    weights: Tensor | None
    temperature: Tensor | None
    threshold: Tensor | None

    def __init__(
        self,
        labels: Labels,
        target: Target | None = None,
        *,
        label_smoothing: Rate = 0.0,
        class_weights: ClassWeights = None,
        focal: FromZero = 0.0,
        prior: bool = True,
        calibrate: bool = False,
        threshold: Threshold | Literal["dev"] | None = None,
    ) -> None:
        super().__init__()
        self.labels = labels
        self.out_of_scope = None if target is None else target.out_of_scope
        scoped = self.out_of_scope is not None
        if threshold is not None and not scoped:
            raise WrongKeyError(
                "threshold",
                "'threshold' should come with a task that has the key 'out_of_scope', a label for what has none of the "
                "others. Found a task without it: leave 'threshold' out.",
            )
        self.label_smoothing = label_smoothing
        self.focal = focal
        self.begins_at_prior = prior
        weights = class_weights_of(labels, class_weights)
        self.register_buffer("weights", weights, persistent=False)  # it follows from the recipe and the labels
        given = isinstance(threshold, float | int)
        self.tunes = scoped and not given
        self.register_buffer("temperature", torch.ones(()) if calibrate else None)
        first = torch.tensor(float(threshold) if isinstance(threshold, float | int) else 0.0) if scoped else None
        self.register_buffer("threshold", first, persistent=not given)

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
            ignore_index=MISSING,
            reduction="none",
            label_smoothing=self.label_smoothing,
        )
        if self.weights is not None:  # torch would weigh the part that is spread by the labels it is spread over
            losses = losses * self.weights[targets.reshape(-1).clamp(min=0)]
        if self.focal:
            right = F.cross_entropy(
                values.reshape(-1, count), targets.reshape(-1), ignore_index=MISSING, reduction="none"
            )
            losses = losses * far_from_right(right, self.focal)
        if not isinstance(scores, PaddedSequence):
            return losses
        labelled = (targets != MISSING).sum(1).clamp(min=1)
        return losses.view(targets.shape).sum(1) / labelled

    def soft_loss(self, scores: Tensor | PaddedSequence, probabilities: Tensor, temperature: float) -> Tensor:
        """Return [B]: the cross-entropy of softened probabilities, of tokens their mean."""
        values = scores.values if isinstance(scores, PaddedSequence) else scores
        wanted = softened(probabilities, temperature)
        losses = -(wanted * (values / temperature).log_softmax(-1)).sum(-1)
        if not isinstance(scores, PaddedSequence):
            return losses
        return torch.where(scores.mask(), losses, 0.0).sum(1) / scores.lengths

    @property
    def found_on_dev(self) -> tuple[str, ...]:
        """`calibrate` and `threshold`, where they ask for dev."""
        asked = {"calibrate": self.temperature is not None, "threshold": self.tunes}
        return tuple(key for key, asks in asked.items() if asks)

    @property
    def rejects_by(self) -> str | None:
        """`threshold`, where it asks for dev: until then it is 0."""
        return "threshold" if self.tunes else None

    def lacking_on_dev(
        self, targets: Sequence[tuple[Any, Tensor]], unseen: Sequence[str] = ()
    ) -> Iterator[tuple[str, str]]:
        """Yield the keys for which dev has no unit with an answer, or none that is out of scope."""
        yield from super().lacking_on_dev(targets, unseen)
        if self.tunes and not any(bool((ids == len(self.labels)).any()) for ids, _ in targets):
            others = f", but rows with labels that train lacks ({some(unseen)})" if unseen else ""
            correct = "correct 'out_of_scope' if one of these is meant, " if unseen else ""
            yield (
                "threshold",
                f"should come with rows in dev that are out of scope, labelled '{self.out_of_scope}', on which it is "
                f"tuned. There are none{others}: {correct}add some, or give a number, such as 'threshold: 0.5'.",
            )

    def decide(self, units: Sequence[DevUnits]) -> Iterator[str]:
        """Find the temperature, then the threshold of its probabilities."""
        count = len(self.labels)
        values = [
            unit.scores[0].values if isinstance(unit.scores[0], PaddedSequence) else unit.scores[0] for unit in units
        ]
        scores = torch.cat([value.reshape(-1, count) for value in values]).float()
        targets = torch.cat([unit.targets.reshape(-1) for unit in units])
        known = (targets >= 0) & (targets < count)
        temperature = 1.0  # a number: the buffer may be on another device than what is given here
        if self.temperature is not None:
            inside, right = scores[known].double(), targets[known]
            temperature, sentence = calibration(lambda scaled: F.cross_entropy(scaled, right), inside)
            self.temperature.fill_(temperature)
            yield sentence
        if self.tunes and self.threshold is not None:
            labelled, outside = targets >= 0, targets == count
            sure, best = (scores / temperature).softmax(-1).max(-1)
            tuned = best_rejection(sure[labelled], (best == targets)[labelled], outside[labelled])
            self.threshold.fill_(tuned.value)
            yield f"out of scope below {tuned.value:.4f}, tuned on dev: accuracy {tuned.figure:.4f} there"

    def undecide(self) -> None:
        """Set the temperature to 1 and a threshold of dev to 0, which every probability reaches."""
        if self.temperature is not None:
            self.temperature.fill_(1)
        if self.tunes and self.threshold is not None:
            self.threshold.fill_(0)

    def _probabilities(self, values: Tensor) -> Tensor:
        return (values if self.temperature is None else values / self.temperature).softmax(-1)

    def probabilities(self, scores: Tensor | PaddedSequence) -> Tensor | PaddedSequence:
        """Return probabilities at the temperature that was found."""
        if isinstance(scores, PaddedSequence):
            return PaddedSequence(self._probabilities(scores.values), scores.lengths)
        return self._probabilities(scores)

    def threshold_of_answers(self) -> Tensor | None:
        """Return the threshold where the task has something out of scope."""
        return self.threshold

    def answer(self, scores: Tensor | PaddedSequence) -> dict[str, Tensor]:
        """Return the most probable label, its probability and, for rows, all probabilities."""
        values = scores.values if isinstance(scores, PaddedSequence) else scores
        probabilities = self._probabilities(values)
        answer = {"best": values.argmax(-1), "score": probabilities.amax(-1)}
        if self.threshold is not None:
            outside = answer["score"] < self.threshold
            answer["best"] = torch.where(outside, len(self.labels), answer["best"])
            answer["score"] = torch.where(outside, 1 - answer["score"], answer["score"])
        return answer if isinstance(scores, PaddedSequence) else {**answer, "scores": probabilities}

    def gap(self, scores: tuple[Any, ...], answer: str, row: int, wanted: Any, given: Any) -> float:
        """Return the difference of logarithms or, of what is out of scope in one answer alone, from the threshold."""
        if self.threshold is None or len(self.labels) not in (int(wanted), int(given)):
            return super().gap(scores, answer, row, wanted, given)
        return float(from_threshold(self._probabilities(scores[0][row]).amax(), self.threshold))
