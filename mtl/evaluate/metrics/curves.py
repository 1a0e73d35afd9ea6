"""Figures of curves that a threshold on a label's score draws."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pydantic
from numpy.typing import NDArray

from mtl.base.registry import register

from .scored import LabelCurve, Numbers


@register("metric", "roc_auc")
class RocAuc(LabelCurve):
    """Area under the ROC curve: how probable it is that a unit with a label scores higher for it than one without.

    The mean over all labels (scikit-learn's `average="macro"`, one label against the rest), or the area of one `label`.
    A label that no unit has, or all units have, is left out.
    """

    figures = ("roc_auc",)

    def value(self, wanted: NDArray[np.bool_], scores: Numbers) -> float:
        """Return the area, by the ranks of the scores (Mann and Whitney, 1947); a tie counts half."""
        _, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
        ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]
        positives = int(wanted.sum())
        above = ranks[wanted].sum() - positives * (positives + 1) / 2
        return float(above / (positives * (len(wanted) - positives)))


@register("metric", "average_precision")
class AveragePrecision(LabelCurve):
    """Average precision: the mean of the precisions at all thresholds, weighted by what each adds to the recall.

    The mean over all labels (scikit-learn's `average="macro"`), or the figure of one `label`. A label that no unit has,
    or all units have, is left out.
    """

    figures = ("average_precision",)

    def value(self, wanted: NDArray[np.bool_], scores: Numbers) -> float:
        """Return the sum of precisions times steps of recall, without interpolation."""
        precision, recall = precision_and_recall(wanted, scores)
        return float((np.diff(recall, prepend=0.0) * precision).sum())


@register("metric", "recall_at_precision")
class RecallAtPrecision(LabelCurve):
    """The largest recall of a threshold whose precision is at least `precision`; 0 where there is none.

    The mean over all labels, or the figure of one `label`. A label that no unit has, or all units have, is left out.
    """

    def __init__(
        self, *, precision: Annotated[float, pydantic.Field(gt=0, le=1)] = 0.9, label: str | None = None
    ) -> None:
        super().__init__(label=label)
        self.precision = precision
        self.figures = (f"recall@p{100 * precision:g}",)

    def value(self, wanted: NDArray[np.bool_], scores: Numbers) -> float:
        """Return the recall."""
        precision, recall = precision_and_recall(wanted, scores)
        return float(np.where(precision >= self.precision, recall, 0.0).max())


def precision_and_recall(wanted: NDArray[np.bool_], scores: Numbers) -> tuple[Numbers, Numbers]:
    """Return precision and recall at every score that is a threshold, from the highest to the lowest."""
    order = np.argsort(-scores, kind="stable")
    last = np.flatnonzero(np.diff(scores[order], append=-np.inf))  # units of equal scores pass together
    hits = np.cumsum(wanted[order])[last]
    return hits / (last + 1), hits / wanted.sum()
