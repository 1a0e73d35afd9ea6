"""Thresholds of probabilities that are found on dev: where a figure of the decisions is highest."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Threshold(NamedTuple):
    """A threshold, and the figure that it was chosen by."""

    value: float
    figure: float


def _cuts(scores: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the order of scores [N], how many of them are under each threshold [K], and the thresholds [K].

    Those are 0, which nothing is under, the middles between neighbouring different scores, and one that all are under.
    """
    ordered, order = scores.float().sort(stable=True)
    under = torch.cat([torch.zeros(1, dtype=torch.int64), (ordered[1:] > ordered[:-1]).nonzero()[:, 0] + 1])
    inner = under[1:]
    middles = ((ordered[inner - 1].double() + ordered[inner].double()) / 2).float()
    middles = torch.where(middles > ordered[inner - 1], middles, ordered[inner])  # of neighbouring floats
    above = torch.nextafter(ordered[-1:], torch.tensor([torch.inf]))
    return order, torch.cat([under, torch.tensor([len(ordered)])]), torch.cat([torch.zeros(1), middles, above])


def _best(figures: Tensor, thresholds: Tensor, near: float) -> Threshold:
    """Return the threshold of the highest figure; of several the one nearest to `near`."""
    highest = figures.max()
    distances = torch.where(figures == highest, (thresholds - near).abs(), torch.inf)
    return Threshold(float(thresholds[distances.argmin()]), float(highest))


def best_f1(scores: Tensor, wanted: Tensor, *, near: float = 0.5) -> Threshold:
    """Return the threshold at or above which scores [N] predict `wanted` [N] with the highest F1.

    Source: Yang (2001), "A Study on Thresholding Strategies for Text Categorization" (SCut).
    """
    order, under, thresholds = _cuts(scores)
    before = torch.cat([torch.zeros(1, dtype=torch.int64), wanted[order].long().cumsum(0)])
    positive = before[-1]
    hits = positive - before[under]
    figures = 2 * hits / (len(scores) - under + positive).clamp(min=1)
    return _best(figures.double(), thresholds, near)


def best_rejection(scores: Tensor, right: Tensor, outside: Tensor) -> Threshold:
    """Return the threshold under which rejecting units is right the most often: the accuracy, rejection a label too.

    `right` [N]: the label of the highest score is the unit's; `outside` [N]: the unit has none of the labels. Of equal
    ones the lowest.

    Source: Larson et al. (2019), "An Evaluation Dataset for Intent Classification and Out-of-Scope Prediction"
    (oos-threshold).
    """
    order, under, thresholds = _cuts(scores)
    none = torch.zeros(1, dtype=torch.int64)
    rejected = torch.cat([none, outside[order].long().cumsum(0)])[under]
    kept = right.sum() - torch.cat([none, right[order].long().cumsum(0)])[under]
    return _best((rejected + kept).double() / len(scores), thresholds, 0.0)
