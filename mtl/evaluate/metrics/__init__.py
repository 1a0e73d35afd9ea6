"""Figures that compare predictions with gold labels: importing this package registers all of them.

Those of labels are computed on strings, so that a label which training never had is simply one that is never
predicted; those of rankings on grades.
"""

from .base import Metric
from .classification import Accuracy, Confusion, LabelReport, MacroF1, MicroF1
from .exact_match import exact_match
from .numbers import MeanAbsoluteError, RootMeanSquaredError
from .ranked import Ranked
from .ranking import (
    MeanAveragePrecision,
    MeanReciprocalRank,
    NormalizedDiscountedCumulativeGain,
    Precision,
    RankingMetric,
    Recall,
)
from .sets import LabelsF1, LabelsReport, SameLabels
from .spans import SpanF1, SpanReport, Tagging, spans

__all__ = [
    "Accuracy",
    "Confusion",
    "LabelReport",
    "LabelsF1",
    "LabelsReport",
    "MacroF1",
    "MeanAbsoluteError",
    "MeanAveragePrecision",
    "MeanReciprocalRank",
    "Metric",
    "MicroF1",
    "NormalizedDiscountedCumulativeGain",
    "Precision",
    "Ranked",
    "RankingMetric",
    "Recall",
    "RootMeanSquaredError",
    "SameLabels",
    "SpanF1",
    "SpanReport",
    "Tagging",
    "exact_match",
    "spans",
]
