"""Figures about sets of labels, any number of which apply to a unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mtl.base.registry import register

from .base import Metric, UnitLabels
from .classification import Counts, total


class SetMetric(Metric):
    """A figure that compares two sets of labels per unit."""

    axes = (("C",),)


@register("metric", "labels_f1")
class LabelsF1(SetMetric):
    """F1 of all labels taken together, and the mean of every label's F1 (scikit-learn's micro and macro averages)."""

    figures = ("micro_f1", "macro_f1")

    def compute(self, gold: Sequence[UnitLabels | None], predicted: Sequence[UnitLabels]) -> dict[str, Any]:
        """Return `micro_f1` and `macro_f1`; 0 where no label is there."""
        counts = label_counts(gold, predicted)
        mean = sum(c.f1 for c in counts.values()) / len(counts) if counts else 0.0
        return {"micro_f1": total(counts.values()).f1, "macro_f1": mean}


@register("metric", "labels_report")
class LabelsReport(SetMetric):
    """Precision, recall, F1 and number of gold occurrences (support) of every label."""

    def compute(self, gold: Sequence[UnitLabels | None], predicted: Sequence[UnitLabels]) -> dict[str, Any]:
        """Return `report`: label -> {precision, recall, f1, support}."""
        return {"report": {label: counts.row() for label, counts in label_counts(gold, predicted).items()}}


@register("metric", "same_labels")
class SameLabels(SetMetric):
    """Share of units whose labels are exactly the right ones (subset accuracy)."""

    figures = ("exact_match",)

    def compute(self, gold: Sequence[UnitLabels | None], predicted: Sequence[UnitLabels]) -> dict[str, Any]:
        """Return `exact_match`."""
        units = [set(g) == set(p) for g, p in zip(gold, predicted, strict=True) if g is not None]
        return {"exact_match": sum(units) / len(units) if units else 0.0}


def label_counts(gold: Sequence[UnitLabels | None], predicted: Sequence[UnitLabels]) -> dict[str, Counts]:
    """Return the counts of every label that occurs in gold or prediction, in code point order."""
    units = [(set(map(str, g)), set(map(str, p))) for g, p in zip(gold, predicted, strict=True) if g is not None]
    labels = sorted(set().union(*(g | p for g, p in units)))
    return {
        label: Counts(
            sum(label in g and label in p for g, p in units),
            sum(label in p for _, p in units),
            sum(label in g for g, _ in units),
        )
        for label in labels
    }
