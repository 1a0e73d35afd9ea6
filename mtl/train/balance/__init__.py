"""Balancing tasks: what each one's loss counts, or how the gradients that meet at a component become one.

base         what a balance is; the plain sum of weighted losses
weightings   factors of losses that change as training goes on
norms        streams whose gradients are brought to one size where they meet
aggregation  gradients apart, a row each, made one by an aggregator of torchjd
"""

from . import aggregation, norms, weightings
from .base import Balance, LossSum

__all__ = ["Balance", "LossSum", "aggregation", "norms", "weightings"]
