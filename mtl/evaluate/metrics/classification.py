"""Figures about single labels, of rows or of tokens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from mtl.base.registry import register

from .base import Metric, UnitLabels, pairs


class Counts(NamedTuple):
    """What an F1 is made of: hits, and how often a label (or span) was predicted and was there."""

    hits: int
    predicted: int
    gold: int

    @property
    def precision(self) -> float:
        """Hits / predicted; 0 where nothing was predicted."""
        return self.hits / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """Hits / gold; 0 where there was nothing."""
        return self.hits / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """2 hits / (predicted + gold), the harmonic mean of precision and recall; 0 where there was neither."""
        return 2 * self.hits / (self.predicted + self.gold) if self.predicted + self.gold else 0.0

    def row(self) -> dict[str, float | int]:
        """Return the line of a report."""
        return {"precision": self.precision, "recall": self.recall, "f1": self.f1, "support": self.gold}


def total(counts: Iterable[Counts]) -> Counts:
    """Return the sum of counts (what micro averages are made of)."""
    rows = list(counts)
    return Counts(sum(c.hits for c in rows), sum(c.predicted for c in rows), sum(c.gold for c in rows))


def per_label(gold: Sequence[UnitLabels | None], predicted: Sequence[UnitLabels]) -> dict[str, Counts]:
    """Return the counts of every label that occurs in gold or prediction, in code point order."""
    found = pairs(gold, predicted)
    hits = Counter(g for g, p in found if g == p)
    golds, guesses = Counter(g for g, _ in found), Counter(p for _, p in found)
    return {label: Counts(hits[label], guesses[label], golds[label]) for label in sorted(golds | guesses)}


@register("metric", "accuracy")
class Accuracy(Metric):
    """Share of rows (or of tokens) whose label is right; 0 where there are none."""

    figures = ("accuracy",)

    def compute(self, gold: Sequence[UnitLabels | None], predicted: Sequence[UnitLabels]) -> dict[str, Any]:
        """Return `accuracy`."""
        found = pairs(gold, predicted)
        return {"accuracy": sum(g == p for g, p in found) / len(found) if found else 0.0}


@register("metric", "macro_f1")
class MacroF1(Metric):
    """Mean of the F1 of every label that occurs in gold or prediction (scikit-learn's `average="macro"`)."""

    figures = ("macro_f1",)

    def compute(self, gold: Sequence[UnitLabels | None], predicted: Sequence[UnitLabels]) -> dict[str, Any]:
        """Return `macro_f1`."""
        counts = per_label(gold, predicted).values()
        return {"macro_f1": sum(c.f1 for c in counts) / len(counts) if counts else 0.0}


@register("metric", "micro_f1")
class MicroF1(Metric):
    """F1 of all labels' hits taken together (scikit-learn's `average="micro"`).

    `ignore` leaves labels out of the sums; with none left out, one label per row makes this equal to accuracy.
    """

    figures = ("micro_f1",)

    def __init__(self, *, ignore: list[str] = []) -> None:  # noqa: B006  # a recipe's default, never changed
        self.ignore = frozenset(ignore)

    def compute(self, gold: Sequence[UnitLabels | None], predicted: Sequence[UnitLabels]) -> dict[str, Any]:
        """Return `micro_f1`."""
        counts = per_label(gold, predicted)
        return {"micro_f1": total(c for label, c in counts.items() if label not in self.ignore).f1}


@register("metric", "report")
class LabelReport(Metric):
    """Precision, recall, F1 and number of gold occurrences (support) of every label."""

    def compute(self, gold: Sequence[UnitLabels | None], predicted: Sequence[UnitLabels]) -> dict[str, Any]:
        """Return `report`: label -> {precision, recall, f1, support}."""
        return {"report": {label: counts.row() for label, counts in per_label(gold, predicted).items()}}


@register("metric", "confusion")
class Confusion(Metric):
    """How often each label was taken for each other."""

    def compute(self, gold: Sequence[UnitLabels | None], predicted: Sequence[UnitLabels]) -> dict[str, Any]:
        """Return `confusion`: `labels`, and `counts` with a row for each gold and a column for each predicted label."""
        found = Counter(pairs(gold, predicted))
        labels = sorted({label for pair in found for label in pair})
        return {"confusion": {"labels": labels, "counts": [[found[g, p] for p in labels] for g in labels]}}
