"""A probability for every label by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from mtl.base.errors import WrongKeyError, listing, near_miss
from mtl.base.registry import register
from mtl.data.labels import Labels
from mtl.model.distribution import from_threshold
from mtl.model.output import DevUnits, Output

from ..layers.limits import FromZero, Threshold
from .class_weights import ClassWeights, class_weights_of
from .focal import far_from_right
from .priors import RAREST
from .temperature import calibration
from .thresholds import best_f1

CERTAIN = 1e-6  # how near to 0 and 1 a teacher's probabilities count: beyond, a float has no log odds left
UNTUNED = 0.5  # the threshold of a label for which there is no other


@register("output", "sigmoid")
class Sigmoid(Output):
    """Logistic regression of every label by itself: any number of them may apply to a unit.

    A label is an answer where its probability is `threshold` or more: one number for all labels, a number per label
    (0.5 where none is given), or numbers that are found after training on dev: `dev`, the one with the highest micro
    F1, or `dev_per_label`, of each label the one with its highest F1 (Yang, 2001); a label that no unit of dev has
    keeps 0.5. Before that, `calibrate` divides scores by the temperature at which dev is the most probable (Guo et al.,
    2017). `class_weights` multiply the losses of units that
    have a label: a number per label (1 where none is given), or `balanced`: the mean count of the labels / the count of
    this one. `focal` is the exponent of the focal loss, the cross-entropy times (1 - p)^focal, p the probability of
    what is right (Lin et al., 2017); 0 is cross-entropy. With `prior`, scores begin at the labels' (weighted) log odds
    in training.
    """

    weights: Tensor | None
    temperature: Tensor | None
    thresholds: Tensor | None

    axes = (("C",),)
    grows = True
    learns_soft = True

    def __init__(
        self,
        labels: Labels,
        *,
        threshold: Threshold | dict[str, Threshold] | Literal["dev", "dev_per_label"] = 0.5,
        class_weights: ClassWeights = None,
        focal: FromZero = 0.0,
        prior: bool = True,
        calibrate: bool = False,
    ) -> None:
        super().__init__()
        self.labels = labels
        self.threshold = threshold if isinstance(threshold, float | int) else UNTUNED
        self.tunes = threshold if isinstance(threshold, str) else None
        self.register_buffer("thresholds", self._first(threshold), persistent=self.tunes is not None)
        self.register_buffer("temperature", torch.ones(()) if calibrate else None)
        self.focal = focal
        self.begins_at_prior = prior
        weights = class_weights_of(labels, class_weights)
        self.register_buffer("weights", weights, persistent=False)  # it follows from the recipe and the labels

    def _first(self, threshold: float | dict[str, float] | str) -> Tensor | None:
        """Return the thresholds [C] before anything is tuned; None where all labels have one that is given."""
        if isinstance(threshold, float | int):
            return None
        given = threshold if isinstance(threshold, dict) else {}
        for name in given:
            if name not in self.labels.names:
                raise WrongKeyError(
                    "threshold",
                    f"'threshold' should name labels of the task. Found '{name}'.{near_miss(name, self.labels.names)}",
                )
        return torch.tensor([given.get(name, UNTUNED) for name in self.labels.names])

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

    def soft_loss(self, *scores_probabilities_temperature: Any) -> Tensor:
        """Return [B]: the mean over the labels of the binary cross-entropy of softened probabilities."""
        scores, probabilities, temperature = scores_probabilities_temperature
        wanted = (probabilities.logit(eps=CERTAIN) / temperature).sigmoid()
        return F.binary_cross_entropy_with_logits(scores / temperature, wanted, reduction="none").mean(-1)

    @property
    def found_on_dev(self) -> tuple[str, ...]:
        """`calibrate` and `threshold`, where they ask for dev."""
        asked = {"calibrate": self.temperature is not None, "threshold": self.tunes is not None}
        return tuple(key for key, asks in asked.items() if asks)

    def decide(self, units: Sequence[DevUnits]) -> Iterator[str]:
        """Find the temperature, then the thresholds of its probabilities."""
        scores = torch.cat([unit.scores[0][unit.answered] for unit in units]).float()
        wanted = torch.cat([unit.targets[unit.answered] for unit in units])
        temperature = 1.0  # a number: the buffer may be on another device than what is given here
        if self.temperature is not None:
            wide, right = scores.double(), wanted.double()
            temperature, sentence = calibration(lambda scaled: F.binary_cross_entropy_with_logits(scaled, right), wide)
            self.temperature.fill_(temperature)
            yield sentence
        if self.tunes is not None and self.thresholds is not None:
            probabilities, applied = (scores / temperature).sigmoid(), wanted > 0
            if self.tunes == "dev":
                tuned = best_f1(probabilities.reshape(-1), applied.reshape(-1))
                self.thresholds.fill_(tuned.value)
                yield f"threshold {tuned.value:.4f}, tuned on dev: micro F1 {tuned.figure:.4f} there"
                return
            found_each = [
                best_f1(probabilities[:, label], applied[:, label]).value if applied[:, label].any() else UNTUNED
                for label in range(len(self.labels))
            ]
            self.thresholds.copy_(torch.tensor(found_each))
            pairs = zip(self.labels.names, found_each, strict=True)
            yield f"thresholds, tuned on dev: {listing([f'{name} {value:.4f}' for name, value in pairs])}"

    def undecide(self) -> None:
        """Set the temperature to 1 and thresholds of dev to 0.5."""
        if self.temperature is not None:
            self.temperature.fill_(1)
        if self.tunes is not None and self.thresholds is not None:
            self.thresholds.fill_(UNTUNED)

    def _probabilities(self, scores: Tensor) -> Tensor:
        return (scores if self.temperature is None else scores / self.temperature).sigmoid()

    def probabilities(self, *scores: Any) -> Tensor:
        """Return probabilities at the temperature that was found."""
        return self._probabilities(scores[0])

    def threshold_of_answers(self) -> Tensor | float:
        """Return what probabilities [B, C] are compared with."""
        return self.threshold if self.thresholds is None else self.thresholds

    def answer(self, *scores: Any) -> dict[str, Tensor]:
        """Return `chosen` [B, C], ids of the labels that apply and -1 for others, and all probabilities, `scores`."""
        probabilities = self._probabilities(scores[0])
        ids = torch.arange(len(self.labels), device=probabilities.device)
        return {"chosen": torch.where(probabilities >= self.threshold_of_answers(), ids, -1), "scores": probabilities}

    def gap(self, scores: tuple[Any, ...], answer: str, row: int, wanted: Any, given: Any) -> float:
        """Return the largest distance from the threshold of a label on which two answers differ."""
        odd = (wanted != given).nonzero()[0]
        probabilities = self._probabilities(scores[0][row])
        return float(from_threshold(probabilities, torch.as_tensor(self.threshold_of_answers()))[odd].max())
