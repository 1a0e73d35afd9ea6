"""Figures that compare predictions with gold labels: importing this package registers all of them.

Those of labels are computed on strings, so that a label which training never had is simply one that is never
predicted; those of rankings on grades; those of language models on the probabilities of texts; some of labels need the
scores of all labels beside the answers.
"""

from .base import Metric
from .classification import Accuracy, Confusion, LabelReport, MacroF1, MicroF1
from .confidence import ExpectedCalibrationError, TopKAccuracy
from .correlation import MatthewsCorrelation, Pearson, Spearman
from .curves import AveragePrecision, RecallAtPrecision, RocAuc
from .exact_match import exact_match
from .likelihood import BitsPerCharacter, Perplexity
from .masked import MaskedAccuracy, MaskedPerplexity
from .numbers import MeanAbsoluteError, RootMeanSquaredError
from .ordered import OrdinalError, QuadraticWeightedKappa
from .ranked import Ranked
from .ranking import (
    MeanAveragePrecision,
    MeanReciprocalRank,
    NormalizedDiscountedCumulativeGain,
    Precision,
    RankingMetric,
    Recall,
)
from .scope import OutOfScope
from .scored import Scored, ScoredMetric
from .sets import LabelsF1, LabelsReport, SameLabels
from .spans import SpanF1, SpanReport, Tagging, spans
from .squad import SquadScores
from .trees import Brackets, SameTree, ValidTrees

__all__ = [
    "Accuracy",
    "AveragePrecision",
    "BitsPerCharacter",
    "Brackets",
    "Confusion",
    "ExpectedCalibrationError",
    "LabelReport",
    "LabelsF1",
    "LabelsReport",
    "MacroF1",
    "MaskedAccuracy",
    "MaskedPerplexity",
    "MatthewsCorrelation",
    "MeanAbsoluteError",
    "MeanAveragePrecision",
    "MeanReciprocalRank",
    "Metric",
    "MicroF1",
    "NormalizedDiscountedCumulativeGain",
    "OrdinalError",
    "OutOfScope",
    "Pearson",
    "Perplexity",
    "Precision",
    "QuadraticWeightedKappa",
    "Ranked",
    "RankingMetric",
    "Recall",
    "RecallAtPrecision",
    "RocAuc",
    "RootMeanSquaredError",
    "SameLabels",
    "SameTree",
    "Scored",
    "ScoredMetric",
    "SpanF1",
    "SpanReport",
    "Spearman",
    "SquadScores",
    "Tagging",
    "TopKAccuracy",
    "ValidTrees",
    "exact_match",
    "spans",
]
