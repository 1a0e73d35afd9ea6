"""Figures of how well answers and right values go together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtl.base.registry import register

from .base import Metric, UnitLabels, pairs


@register("metric", "matthews_correlation")
class MatthewsCorrelation(Metric):
    """Matthews' correlation coefficient, of any number of labels (Gorodkin, 2004); 0 where all answers are alike.

    1 is all right and 0 no better than chance, however frequent labels are. There is none where all units have one
    label.
    """

    figures = ("matthews_correlation",)

    def compute(self, gold: Sequence[UnitLabels | None], predicted: Sequence[UnitLabels]) -> dict[str, Any]:
        """Return `matthews_correlation`."""
        found = pairs(gold, predicted)
        golds, guesses = Counter(g for g, _ in found), Counter(p for _, p in found)
        count, right = len(found), sum(g == p for g, p in found)
        spread = count**2 - sum(n * n for n in golds.values())
        guessed = count**2 - sum(n * n for n in guesses.values())
        if not spread:
            return {}
        together = right * count - sum(golds[label] * guesses[label] for label in golds)
        return {"matthews_correlation": together / (float(spread) * guessed) ** 0.5 if guessed else 0.0}


class Correlation(Metric):
    """A correlation of predicted and right numbers; 0 where all answers are alike, none where all right ones are."""

    elements = ("number",)
    axes = ((),)

    def compute(self, gold: Sequence[Any], predicted: Sequence[Any]) -> dict[str, Any]:
        """Return the figure over the units that have a number."""
        units = [(g, p) for g, p in zip(gold, predicted, strict=True) if g is not None]
        right, answers = (np.array([unit[side] for unit in units], np.float64) for side in (0, 1))
        if not len(units) or (right == right[0]).all():
            return {}
        if (answers == answers[0]).all():
            return {self.figures[0]: 0.0}
        return {self.figures[0]: pearson(self.values(right), self.values(answers))}

    def values(self, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what is correlated."""
        raise NotImplementedError


@register("metric", "pearson")
class Pearson(Correlation):
    """Pearson's correlation of predicted and right numbers, 1 where they are on one rising line.

    It is 0 where all answers are alike; where all right numbers are, there is none.
    """

    figures = ("pearson",)

    def values(self, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the numbers."""
        return numbers


@register("metric", "spearman")
class Spearman(Correlation):
    """Spearman's rank correlation of predicted and right numbers, 1 where they are in one order.

    Equal numbers have the mean of their ranks. It is 0 where all answers are alike; where all right numbers are, there
    is none.
    """

    figures = ("spearman",)

    def values(self, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the ranks."""
        _, places, counts = np.unique(numbers, return_inverse=True, return_counts=True)
        ranks: NDArray[np.float64] = (np.cumsum(counts) - (counts - 1) / 2)[places]
        return ranks


def pearson(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return the correlation of two rows of numbers, neither of which is constant."""
    one, other = one - one.mean(), other - other.mean()
    found = (one / np.linalg.norm(one)) @ (other / np.linalg.norm(other))
    return float(np.clip(found, -1.0, 1.0))
