"""Temperatures: scores divided by one number, so that probabilities are as high as answers are often right.

Source: Guo, Pleiss, Sun and Weinberger (2017), "On Calibration of Modern Neural Networks", section 4.2.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor

LOWEST, HIGHEST = 0.01, 100.0
GOLDEN = (math.sqrt(5) - 1) / 2
CLOSE = 1e-7  # of the logarithm of a temperature: single precision has no more
AT_BOUND = 1e-6  # how near a bound, relative to it, a search that ends there may end


class Calibration(NamedTuple):
    """A temperature, and the sentence that reports it."""

    temperature: float
    sentence: str


def calibration(log_loss: Callable[[Tensor], Tensor], scores: Tensor) -> Calibration:
    """Return the best temperature of `scores`, 1 where there is none within the bounds.

    So it is where all answers are right: the lower the temperature, the lower the log loss, until no probability tells
    one answer from another.
    """
    found = best_temperature(log_loss, scores)
    if math.isclose(found, LOWEST, rel_tol=AT_BOUND):
        return Calibration(1.0, f"temperature 1, not fitted: on dev the lower the better, down to {LOWEST:g}")
    if math.isclose(found, HIGHEST, rel_tol=AT_BOUND):
        return Calibration(1.0, f"temperature 1, not fitted: on dev the higher the better, up to {HIGHEST:g}")
    before, after = float(log_loss(scores)), float(log_loss(scores / found))
    sentence = f"temperature {found:.4f}, fitted to dev: log loss {after:.4f}, without it {before:.4f}"
    return Calibration(found, sentence)


def best_temperature(log_loss: Callable[[Tensor], Tensor], scores: Tensor) -> float:
    """Return the temperature from 0.01 to 100 at which the log loss of `scores / temperature` is lowest.

    Golden section search (Kiefer, 1953) of its logarithm: as a function of 1 / temperature a log loss is convex, so it
    has one valley. Scores are best given as float64.
    """

    def loss(logarithm: float) -> float:
        return float(log_loss(scores / math.exp(logarithm)))

    low, high = math.log(LOWEST), math.log(HIGHEST)
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_left, at_right = loss(left), loss(right)
    while high - low > CLOSE:
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - GOLDEN * (high - low)
            at_left = loss(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + GOLDEN * (high - low)
            at_right = loss(right)
    return math.exp((low + high) / 2)
