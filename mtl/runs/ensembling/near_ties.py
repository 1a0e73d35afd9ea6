"""How near a member of a vote is to another answer: by its own output layer, from what flows into that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from torch import Tensor

from ...model.module import PaddedSequence
from ...model.output import Output

EXCLUDED = -1e4  # the score of a label that is to be left out


class Voter(NamedTuple):
    """A member's output layer, and how many values flow into it."""

    output: Output
    values: int


def of_each(voters: Sequence[Voter], values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return the values that flow into each member's output layer, of all of them in a row."""
    rest = iter(values)
    return [tuple(next(rest) for _ in range(voter.values)) for voter in voters]


def from_other_label(output: Output, scores: tuple[Any, ...], row: int, own: int, candidates: int) -> float:
    """Return how far a unit's label is from the nearest of the other ones, as the layer's `gap` measures it."""
    others = (np.int64(label) for label in range(candidates) if label != own)
    return min((abs(output.gap(scores, "best", row, np.int64(own), other)) for other in others), default=float("inf"))


def from_other_path(output: Output, scores: tuple[Any, ...], row: int, own: Tensor, place: int) -> float:
    """Return how far a unit's labels [T] are from the best ones with another label at a place.

    Those are what the layer answers to scores [B, T, C] in which the label is left out there.
    """
    first: PaddedSequence = scores[0]
    values = first.values.clone()
    values[row, place, int(own[place])] = EXCLUDED
    other = output.answer(PaddedSequence(values, first.lengths), *scores[1:])["best"][row, : len(own)]
    if int(other[place]) == int(own[place]):  # there is no other label
        return float("inf")
    return abs(output.gap(scores, "best", row, own.numpy(), other.numpy()))
