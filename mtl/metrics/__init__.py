"""Figures that compare predictions with gold labels: importing this package registers all of them.

All are computed on label strings, so that a label which training never had is simply one that is never predicted.
"""

from .base import Metric
from .classification import Accuracy, Confusion, MacroF1, MicroF1, Report
from .exact_match import exact_match
from .spans import SpanF1, SpanReport, Tagging, spans

__all__ = [
    "Accuracy",
    "Confusion",
    "MacroF1",
    "Metric",
    "MicroF1",
    "Report",
    "SpanF1",
    "SpanReport",
    "Tagging",
    "exact_match",
    "spans",
]
