"""Is one of two runs better? Paired differences over seeds, and Student's t interval of their mean."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

LEVEL = 0.95  # of the two-sided intervals
DIGITS = 12  # after the point: closer figures are equal, as their sums may be rounded in another order


@dataclass(frozen=True)
class Verdict:
    """The mean of differences, one for each seed, its interval (None for one seed), and what follows.

    `verdict` begins with better, worse, equal or undecided. Better and worse are of the first of the two, where the
    interval leaves out 0; equal are two runs whose figures are so, seed by seed.
    """

    mean: float
    low: float | None
    high: float | None
    verdict: str


def verdict(differences: Sequence[float], *, higher_is_better: bool | None) -> Verdict:
    """Return what differences between two runs show, seed by seed; `higher_is_better` is None where nobody knows."""
    if not all(map(math.isfinite, differences)):
        return Verdict(math.nan, None, None, "undecided: not a number")
    values = [round(value, DIGITS) for value in differences]
    mean = statistics.fmean(values)
    if not any(values):
        ends = None if len(values) < 2 else 0.0
        return Verdict(0.0, ends, ends, "equal: one seed" if ends is None else "equal")
    if higher_is_better is None:
        return Verdict(mean, None, None, "undecided: no metric says whether more is better")
    if len(values) < 2:
        return Verdict(mean, None, None, "undecided: one seed")
    half = t_quantile((1 + LEVEL) / 2, len(values) - 1) * statistics.stdev(values) / math.sqrt(len(values))
    low, high = mean - half, mean + half
    if low <= 0 <= high:
        return Verdict(mean, low, high, "undecided")
    return Verdict(mean, low, high, "better" if (mean > 0) == higher_is_better else "worse")


def t_quantile(probability: float, freedom: int) -> float:
    """Return the quantile of Student's t, of a probability from 0.5 up to below 1, for whole degrees of freedom.

    Found by halving: the distribution has a closed form (Abramowitz and Stegun, 1964, 26.7.3 and 26.7.4).
    """
    low, high = 0.0, 1.0
    while _within(high, freedom) < 2 * probability - 1:
        high *= 2
    while low < (middle := (low + high) / 2) < high:
        if _within(middle, freedom) < 2 * probability - 1:
            low = middle
        else:
            high = middle
    return high


def _within(t: float, freedom: int) -> float:
    """Return the probability of a value between -t and t."""
    angle = math.atan(t / math.sqrt(freedom))
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = freedom % 2
    term = cosine if odd else 1.0
    total = term if freedom > 1 else 0.0
    for n in range(3 if odd else 2, freedom - 1, 2):
        term *= cosine**2 * (n - 1) / n
        total += term
    return 2 / math.pi * (angle + sine * total) if odd else sine * total
