"""How far numbers of a graph are from the model's, on the scale of what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..serve.arrays import Array

if TYPE_CHECKING:
    from ..data.targets import Answer, Target

TOLERANCE = 1e-4  # how far numbers may be apart, as `distance` measures them
# Single precision holds a number to 1e-7 of its size, and a probability that is what another lacks to 1 to 1e-7.
# Divided by TOLERANCE, twice that is what a probability may differ by however small it is, and five times that
# what a number may differ by for its size alone.
LEAST = 2e-7 / TOLERANCE
ROUNDING = 5e-7 / TOLERANCE


def apart(wanted: Array, given: Array) -> float:
    """Return the largest difference between numbers, of those above 1 relative to their size."""
    return _largest(wanted, given, np.maximum(1.0, np.abs(wanted)))


def distance(target: Target, answer: Answer, wanted: Array, given: Array) -> float:
    """Return how far a unit's values of an answer are from those that are wanted.

    Probabilities are measured by the largest of the unit: where there are many labels, all are small. Numbers are
    measured by how far those of training are from each other, other scores as `apart` says.
    """
    if answer.probability:
        return _largest(wanted, given, np.abs(wanted).max(initial=0.0) + LEAST)
    if target.deviation is not None:
        return _largest(wanted, given, target.deviation + ROUNDING * np.abs(wanted))
    return apart(wanted, given)


def _largest(wanted: Array, given: Array, size: Array | float) -> float:
    if wanted.shape != given.shape:
        return float("inf")
    return float((np.abs(wanted - given) / size).max(initial=0.0))
