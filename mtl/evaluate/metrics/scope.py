"""Figures of a classifier that may answer that none of its labels fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mtl.base.registry import register

from .base import Metric, UnitLabels, pairs


@register("metric", "out_of_scope")
class OutOfScope(Metric):
    """Accuracy of the rows that have one of the task's labels, and recall and precision of what is out of scope.

    A row with a label that is answered out of scope counts as wrong (Larson et al., 2019).
    """

    axes = ((),)
    figures = ("in_scope_accuracy", "out_of_scope_recall", "out_of_scope_precision")
    needs_scope = True
    of_rejections = figures[1:]
    label: str | None = None

    def fitted(self, state: Mapping[str, Any]) -> Metric:
        """Return the metric for a target with this label of what is out of scope."""
        found = OutOfScope()
        found.label = state.get("out_of_scope")
        return found

    def compute(self, gold: Sequence[UnitLabels | None], predicted: Sequence[UnitLabels]) -> dict[str, Any]:
        """Return those of the figures that there are rows (or answers) for."""
        found = pairs(gold, predicted)
        inside = [g == p for g, p in found if g != self.label]
        recalled = [p == self.label for g, p in found if g == self.label]
        precise = [g == self.label for g, p in found if p == self.label]
        shares = zip(self.figures, (inside, recalled, precise), strict=True)
        return {name: sum(right) / len(right) for name, right in shares if right}
