"""Figures of labels that have an order: how far answers are from right labels, in places of that order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtl.base.registry import register
from mtl.data.label_order import fault_if_no_label, in_order

from .base import Metric, UnitLabels, pairs


class OrderedMetric(Metric):
    """A figure of the places that labels have in their order: those of training, and of the rows that are measured.

    Rows that are out of scope, by their label or by the answer, have no place and are left out.
    """

    axes = ((),)
    known: tuple[str, ...] = ()
    outside: str | None = None

    def __init__(self, *, ranks: dict[str, float] = {}) -> None:  # noqa: B006  # a recipe's default, never changed
        self.ranks = ranks

    def fitted(self, state: Mapping[str, Any]) -> Metric:
        """Return the metric for a target with these labels; raises `WrongKeyError` for a rank of another."""
        found = type(self)(ranks=self.ranks)
        found.known, found.outside = tuple(state.get("labels", ())), state.get("out_of_scope")
        fault_if_no_label(self.ranks, found.known)
        return found

    def places(self, gold: Sequence[UnitLabels | None], predicted: Sequence[UnitLabels]) -> NDArray[np.int64]:
        """Return the places of right labels and of answers [2, N]."""
        found = [pair for pair in pairs(gold, predicted) if self.outside not in pair]
        labels = {*self.known, *(label for pair in found for label in pair)}
        place = {label: position for position, label in enumerate(in_order(labels, self.ranks))}
        return np.array([[place[pair[side]] for pair in found] for side in (0, 1)], np.int64)


@register("metric", "ordinal_error")
class OrdinalError(OrderedMetric):
    """Mean difference between the places of answers and of right labels (the MAE of ordinal regression); 0 for no rows.

    Labels that are numbers are in their order, others in that of their names; `ranks` gives labels other numbers to be
    ordered by, as the output `ordinal` does. Neighbours are 1 apart, whatever their numbers (Baccianella et al., 2009).
    """

    figures = ("ordinal_error",)
    higher_is_better = False

    def compute(self, gold: Sequence[UnitLabels | None], predicted: Sequence[UnitLabels]) -> dict[str, Any]:
        """Return `ordinal_error`."""
        right, answers = self.places(gold, predicted)
        return {"ordinal_error": float(np.abs(right - answers).mean()) if len(right) else 0.0}


@register("metric", "quadratic_weighted_kappa")
class QuadraticWeightedKappa(OrderedMetric):
    """Cohen's kappa (1968), an answer that is two places off weighted four times as one that is one place off.

    1 is all right, 0 no better than chance, below 0 worse. There is none where all labels and answers are alike. Labels
    are ordered as by `ordinal_error`.
    """

    figures = ("quadratic_weighted_kappa",)

    def compute(self, gold: Sequence[UnitLabels | None], predicted: Sequence[UnitLabels]) -> dict[str, Any]:
        """Return `quadratic_weighted_kappa`."""
        right, answers = self.places(gold, predicted)
        if not len(right):
            return {}
        # What the squared differences come to where answers are dealt to rows at random.
        chance = right.var() + answers.var() + (right.mean() - answers.mean()) ** 2
        if not chance:
            return {}
        return {"quadratic_weighted_kappa": 1 - float(((right - answers) ** 2).mean() / chance)}
