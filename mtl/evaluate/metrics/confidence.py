"""Figures of how sure a classifier is of the right label, or of its own answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
import pydantic

from mtl.base.registry import register

from .scored import Scored, ScoredMetric, applied

BINS = 15  # of the papers that introduced the figure for neural networks


@register("metric", "top_k_accuracy")
class TopKAccuracy(ScoredMetric):
    """Share of units whose label is among the `k` with the highest scores; none where there are no more labels."""

    axes = ((),)

    def __init__(self, *, k: Annotated[int, pydantic.Field(ge=1)] = 3) -> None:
        self.k = k
        self.figures = (f"accuracy@{k}",)

    def score(self, gold: Sequence[Any], scored: Scored) -> dict[str, float]:
        """Return the share; of equal scores those of labels with lower ids come first."""
        if not gold or len(scored.names) <= self.k:
            return {}
        order = np.argsort(-scored.values, axis=1, kind="stable")[:, : self.k]
        return {self.figures[0]: float(np.take_along_axis(applied(gold, scored.names), order, 1).any(1).mean())}


@register("metric", "expected_calibration_error")
class ExpectedCalibrationError(ScoredMetric):
    """How far the probabilities of answers are from the share of right ones, in 15 bins of equal width.

    The mean over the bins of |accuracy - mean probability|, weighted by the units in them (Naeini et al., 2015; Guo et
    al., 2017).
    """

    axes = ((),)
    figures = ("expected_calibration_error",)
    higher_is_better = False
    bounded = True

    def score(self, gold: Sequence[Any], scored: Scored) -> dict[str, float]:
        """Return the error; a probability on the edge of two bins is in the lower one."""
        if not gold:
            return {}
        best = scored.values.argmax(1)[:, None]
        sure = np.take_along_axis(scored.values, best, 1)[:, 0]
        right = np.take_along_axis(applied(gold, scored.names), best, 1)[:, 0]
        bins = np.clip(np.ceil(sure * BINS).astype(int) - 1, 0, BINS - 1)
        gaps = np.bincount(bins, right - sure, BINS)
        return {"expected_calibration_error": float(np.abs(gaps).sum() / len(gold))}
