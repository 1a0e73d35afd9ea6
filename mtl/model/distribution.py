"""What an ensemble and a student ask of an output layer: the probabilities that it decides by, and what it decides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import torch
from torch import Tensor

DECIDED = ("best", "chosen", "value")  # what an answer is decided to be, by its name there
FINEST = 5e-3  # by which a distance near 1 is divided at least: single precision holds it to 1e-7


class Distribution:
    """The probabilities of an output layer and its decision; what takes its place in an exported graph has them, too.

    Scores are those of `Output.answer`. By default probabilities are what a `condition` edge carries.
    """

    learns_soft: ClassVar[bool] = False  # has a `soft_loss`
    answers_median: ClassVar[bool] = False  # of labels in an order, not the most probable one
    answer: Callable[..., dict[str, Tensor]]
    forward: Callable[..., Any]

    def probabilities(self, *scores: Any) -> Any:
        """Return the label probabilities [B, C], or a sequence of [B, T, C].

        Answers are decided by them, and by a threshold where there is one; with `answers_median` and where whole
        sequences are decided on, by more than each unit's or token's highest one.
        """
        return self.forward(*scores)

    def decided(self, *scores: Any) -> Any:
        """Return the answer's ids, [B], [B, C] (-1: not chosen) or a sequence of [B, T]; of numbers the number, [B]."""
        answer = self.answer(*scores)
        found = next(answer[name] for name in DECIDED if name in answer)
        return scores[0]._replace(values=found) if hasattr(scores[0], "_replace") else found

    def threshold_of_answers(self) -> Tensor | float | None:
        """Return what a label's probability has to reach to be an answer, [] or [C]; None where the highest one is.

        An output layer of several labels per unit that has none is left out of ensembles.
        """
        return None

    def soft_loss(self, *scores_probabilities_temperature: Any) -> Tensor:
        """Return [B]: how far the probabilities of scores are from those of a teacher, both at a temperature.

        What flows in comes first, then the teacher's probabilities, [B, C] or [B, T, C], and the temperature, a number.
        Of tokens it is the mean. Only where `learns_soft`.
        """
        raise NotImplementedError


def softened(probabilities: Tensor, temperature: float) -> Tensor:
    """Return a distribution [..., C] whose logarithms are divided by a temperature; zeros are next to zero."""
    smallest = torch.finfo(probabilities.dtype).tiny
    return (probabilities.clamp(min=smallest).log() / temperature).softmax(-1)


def from_threshold(probabilities: Tensor, threshold: Tensor) -> Tensor:
    """Return how far probabilities are from a threshold, in what it lacks to 0 or 1, whichever is nearer."""
    size = torch.where(threshold <= 0.5, threshold.clamp(min=1e-30), (1 - threshold).clamp(min=FINEST))
    return (probabilities - threshold).abs() / size
