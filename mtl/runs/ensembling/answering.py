"""The output layers of an ensemble: members' probabilities averaged, or their answers counted as votes.

What flows in are values of N members: [B, C] or sequences of [B, T, C] where they are probabilities, ids where they are
votes. A label of its own for what is out of scope has the id C, after those of the labels. Gaps are differences of
logarithms, those from a threshold what `from_threshold` returns.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import Tensor

from ...data.labels import Labels
from ...model.distribution import from_threshold
from ...model.module import PaddedSequence
from ...model.output import Output
from .near_ties import Voter, from_other_label, from_other_path, of_each

By = Literal["average", "vote"]


def values_of(value: Tensor | PaddedSequence) -> Tensor:
    """Return a value without the lengths of a sequence."""
    return value.values if isinstance(value, PaddedSequence) else value


def like(value: Tensor | PaddedSequence, found: Tensor) -> Tensor | PaddedSequence:
    """Return numbers as a value of the form of another."""
    return PaddedSequence(found, value.lengths) if isinstance(value, PaddedSequence) else found


def mean(values: Sequence[Tensor | PaddedSequence]) -> Tensor:
    """Return the mean of the members' values."""
    return torch.stack([values_of(value) for value in values]).mean(0)


class AveragedLabel(Output):
    """The label with the highest mean probability; nothing in scope where that is below the mean of the thresholds."""

    threshold: Tensor | None

    def __init__(self, labels: Labels, thresholds: Sequence[Tensor] = ()) -> None:
        super().__init__()
        self.labels = labels
        kept = torch.stack(list(thresholds)).mean() if thresholds else None
        self.register_buffer("threshold", kept, persistent=False)

    def forward(self, *members: Any) -> Any:
        """Return the mean probabilities."""
        return like(members[0], mean(members))

    def answer(self, *members: Any) -> dict[str, Tensor]:
        """Return the label, its mean probability and, for whole units, those of all labels."""
        probabilities = mean(members)
        best, score = probabilities.argmax(-1), probabilities.amax(-1)
        if self.threshold is not None:
            outside = score < self.threshold
            best, score = torch.where(outside, len(self.labels), best), torch.where(outside, 1 - score, score)
        answer = {"best": best, "score": score}
        return answer if isinstance(members[0], PaddedSequence) else {**answer, "scores": probabilities}

    def gap(self, scores: tuple[Any, ...], answer: str, row: int, wanted: Any, given: Any) -> float:
        """Return that of the mean probabilities or, of what is out of scope in one answer alone, from the threshold."""
        if self.threshold is None or len(self.labels) not in (int(wanted), int(given)):
            return super().gap(scores, answer, row, wanted, given)
        return float(from_threshold(mean(scores)[row].amax(), self.threshold))


class AveragedLabels(Output):
    """Every label whose mean probability reaches the mean of the members' thresholds."""

    axes = (("C",),)
    thresholds: Tensor

    def __init__(self, labels: Labels, thresholds: Sequence[Tensor]) -> None:
        super().__init__()
        self.labels = labels
        self.register_buffer("thresholds", torch.stack(list(thresholds)).mean(0), persistent=False)

    def forward(self, *members: Any) -> Tensor:
        """Return the mean probabilities [B, C]."""
        return mean(members)

    def answer(self, *members: Any) -> dict[str, Tensor]:
        """Return `chosen` [B, C], -1 for labels that are not, and all mean probabilities, `scores`."""
        probabilities = mean(members)
        ids = torch.arange(len(self.labels), device=probabilities.device)
        return {"chosen": torch.where(probabilities >= self.thresholds, ids, -1), "scores": probabilities}

    def gap(self, scores: tuple[Any, ...], answer: str, row: int, wanted: Any, given: Any) -> float:
        """Return the largest distance from the threshold of a label on which two answers differ."""
        odd = (wanted != given).nonzero()[0]
        return float(from_threshold(mean(scores)[row], self.thresholds)[odd].max())


class AveragedNumber(Output):
    """The mean of the members' numbers."""

    elements = ("number",)
    axes = ((),)

    @property
    def output_dim(self) -> int:
        """One number per unit."""
        return 1

    def forward(self, *members: Any) -> Tensor:
        """Return [B, 1]."""
        return mean(members)[:, None]

    def answer(self, *members: Any) -> dict[str, Tensor]:
        """Return `value` [B]."""
        return {"value": mean(members)}


class VotedLabel(Output):
    """The label that most members answer; of several with as many votes the one with the highest mean probability.

    The members' probabilities flow in first, then what each of them decides, then what flows into the output layer of
    each. `scores` are shares of the votes.
    """

    def __init__(self, labels: Labels, voters: Sequence[Voter], *, scoped: bool = False) -> None:
        super().__init__()
        self.labels = labels
        self.voters = tuple(voters)  # their modules are components of their own
        self.candidates = len(labels) + scoped  # what is out of scope can be voted for, too

    def _decided(self, members: Sequence[Any]) -> Sequence[Any]:
        return members[len(self.voters) : 2 * len(self.voters)]

    def _shares(self, members: Sequence[Any]) -> Tensor:
        """Return the shares of the votes [..., candidates]."""
        ids = torch.arange(self.candidates, device=values_of(members[0]).device)
        votes = [values_of(ids_of)[..., None] == ids for ids_of in self._decided(members)]
        return torch.stack(votes).to(values_of(members[0]).dtype).mean(0)

    def _preferred(self, members: Sequence[Any], shares: Tensor) -> Tensor:
        """Return the mean probabilities of the candidates with the most votes, -1 for others."""
        count = len(self.voters)
        probabilities = mean(members[:count])
        probabilities = torch.nn.functional.pad(probabilities, (0, self.candidates - probabilities.shape[-1]))
        return torch.where(shares > shares.amax(-1, keepdim=True) - 0.5 / count, probabilities, -1.0)

    def forward(self, *members: Any) -> Any:
        """Return the shares of the votes for the labels."""
        return like(members[0], self._shares(members)[..., : len(self.labels)])

    def answer(self, *members: Any) -> dict[str, Tensor]:
        """Return the label, its share of the votes and, for whole units, the shares of all labels."""
        shares = self._shares(members)
        best = self._preferred(members, shares).argmax(-1)
        answer = {"best": best, "score": shares.gather(-1, best[..., None]).squeeze(-1)}
        if isinstance(members[0], PaddedSequence):
            return answer
        return {**answer, "scores": shares[..., : len(self.labels)]}

    def gap(self, scores: tuple[Any, ...], answer: str, row: int, wanted: Any, given: Any) -> float:
        """Return how near a tie is: between mean probabilities where there are as many votes, or in a member."""
        preferred = self._preferred(scores, self._shares(scores))[row]
        members = of_each(self.voters, scores[2 * len(self.voters) :])
        pairs = list(zip(self.voters, members, self._decided(scores), strict=True))
        if preferred.dim() == 1:
            near = [from_other_label(v.output, own, row, int(ids[row]), self.candidates) for v, own, ids in pairs]
            return min(_between(preferred, wanted, given), *near)
        found = []
        for place in (wanted != given).nonzero()[0].tolist():
            near = [from_other_path(v.output, own, row, ids.values[row, : len(wanted)], place) for v, own, ids in pairs]
            found.append(min(_between(preferred[place], wanted[place], given[place]), *near))
        return max(found)


def _between(preferred: Tensor, wanted: Any, given: Any) -> float:
    """Return how far apart the mean probabilities of two candidates are, endlessly where one has fewer votes."""
    ours, theirs = (float(preferred[int(label)]) for label in (wanted, given))
    if ours == theirs >= 0:
        return 0.0
    return abs(math.log(ours) - math.log(theirs)) if min(ours, theirs) > 0 else math.inf


class VotedLabels(Output):
    """Every label that more than half of the members answer; with just half, its mean probability decides, as averaged.

    The members' probabilities flow in first, then what each of them decides. `scores` are shares of the votes.
    """

    axes = (("C",),)
    thresholds: Tensor

    def __init__(self, labels: Labels, thresholds: Sequence[Tensor]) -> None:
        super().__init__()
        self.labels = labels
        self.register_buffer("thresholds", torch.stack(list(thresholds)), persistent=False)  # [N, C]

    def forward(self, *members: Any) -> Tensor:
        """Return the shares of the votes [B, C]."""
        chosen = torch.stack([ids >= 0 for ids in members[len(members) // 2 :]])
        return chosen.to(members[0].dtype).mean(0)

    def answer(self, *members: Any) -> dict[str, Tensor]:
        """Return `chosen` [B, C], -1 for labels that are not, and the shares of the votes, `scores`."""
        shares = self(*members)
        likely = mean(members[: len(members) // 2]) >= self.thresholds.mean(0)
        ids = torch.arange(len(self.labels), device=shares.device)
        return {"chosen": torch.where((shares > 0.5) | ((shares == 0.5) & likely), ids, -1), "scores": shares}

    def gap(self, scores: tuple[Any, ...], answer: str, row: int, wanted: Any, given: Any) -> float:
        """Return, of the label on which two answers differ most clearly, how near it is to a threshold.

        That is a member's own or, with half of the votes, the mean of all.
        """
        odd = (wanted != given).nonzero()[0]
        members = torch.stack([value[row] for value in scores[: len(scores) // 2]])
        nearest = from_threshold(members, self.thresholds).amin(0)
        of_mean = from_threshold(members.mean(0), self.thresholds.mean(0))
        nearest = torch.where(self(*scores)[row] == 0.5, torch.minimum(nearest, of_mean), nearest)
        return float(nearest[odd].max())
