"""Figures about numbers: how far predictions are from gold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from mtl.base.registry import register

from .base import Metric


class NumberMetric(Metric):
    """A figure of the differences between predicted and right numbers."""

    elements = ("number",)
    axes = ((),)
    higher_is_better = False

    @staticmethod
    def differences(gold: Sequence[Any], predicted: Sequence[Any]) -> list[float]:
        """Return predicted minus right, of the units that have a number."""
        return [p - g for g, p in zip(gold, predicted, strict=True) if g is not None]


@register("metric", "mean_absolute_error")
class MeanAbsoluteError(NumberMetric):
    """Mean of the absolute differences; 0 where there are none."""

    figures = ("mean_absolute_error",)

    def compute(self, gold: Sequence[Any], predicted: Sequence[Any]) -> dict[str, Any]:
        """Return `mean_absolute_error`."""
        found = self.differences(gold, predicted)
        return {"mean_absolute_error": sum(map(abs, found)) / len(found) if found else 0.0}


@register("metric", "root_mean_squared_error")
class RootMeanSquaredError(NumberMetric):
    """Root of the mean of the squared differences; 0 where there are none."""

    figures = ("root_mean_squared_error",)

    def compute(self, gold: Sequence[Any], predicted: Sequence[Any]) -> dict[str, Any]:
        """Return `root_mean_squared_error`."""
        found = self.differences(gold, predicted)
        return {"root_mean_squared_error": math.sqrt(sum(d * d for d in found) / len(found)) if found else 0.0}
