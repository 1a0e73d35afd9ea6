"""Figures about the order of each query's documents, as trec_eval computes them (https://github.com/usnistgov/trec_eval).

Each is a mean over queries that have a relevant document, one with a grade above 0. Queries without any cannot be
ranked well or badly and are counted apart (`Ranked.counts`).
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pydantic
from numpy.typing import NDArray

from mtl.base.registry import register

from .base import Metric
from .ranked import Ranked

Depth = Annotated[int, pydantic.Field(gt=0)]


class RankingMetric(Metric):
    """A figure of each query's ranked documents, and its mean.

    With `both_kinds`, queries whose documents are all relevant are left out too, as the usual evaluation of answer
    sentence selection does (WikiQA: Yang et al., 2015, section 4).
    """

    elements = ("grade",)
    axes = ((),)

    def __init__(self, *, both_kinds: bool = False) -> None:
        self.both_kinds = both_kinds

    def rank(self, ranked: Ranked) -> dict[str, float]:
        """Return the mean over the groups that count, by the figure's name; 0 where there are none."""
        counted = ranked.counted(self.both_kinds)
        return {self.figures[0]: float(self.values(ranked)[counted].mean()) if counted.any() else 0.0}

    def values(self, ranked: Ranked) -> NDArray[np.float64]:
        """Return the figure of each group, [G]; any number where a group has no positive."""
        raise NotImplementedError


class DepthMetric(RankingMetric):
    """A figure of the first `at` documents of each query; its name says how many."""

    name: str

    def __init__(self, *, at: Depth = 10, both_kinds: bool = False) -> None:
        super().__init__(both_kinds=both_kinds)
        self.at = at
        self.figures = (f"{self.name}@{at}",)

    def hits(self, ranked: Ranked) -> NDArray[np.float64]:
        """Return the number of relevant documents among the first `at` of each group, [G]."""
        return ranked.total(ranked.relevant & (ranked.ranks <= self.at))


@register("metric", "map")
class MeanAveragePrecision(RankingMetric):
    """Mean average precision: the mean precision at the ranks of a query's relevant documents.

    With `both_kinds`, queries whose documents are all relevant are left out.
    """

    figures = ("map",)

    def values(self, ranked: Ranked) -> NDArray[np.float64]:
        """Return average precision, [G]."""
        precisions = np.where(ranked.relevant, ranked.hits / ranked.ranks, 0.0)
        return ranked.total(precisions) / np.maximum(ranked.positives, 1)


@register("metric", "mrr")
class MeanReciprocalRank(RankingMetric):
    """Mean reciprocal rank: 1 / the rank of a query's first relevant document.

    With `both_kinds`, queries whose documents are all relevant are left out.
    """

    figures = ("mrr",)

    def values(self, ranked: Ranked) -> NDArray[np.float64]:
        """Return the reciprocal rank, [G]."""
        first = ranked.relevant & (ranked.hits == 1)
        return ranked.total(np.where(first, 1 / ranked.ranks, 0.0))


@register("metric", "ndcg")
class NormalizedDiscountedCumulativeGain(DepthMetric):
    """Normalized discounted cumulative gain of the first `at` documents: graded relevance, log2 discount.

    A document's gain is its grade, 0 for grades below 0 (trec_eval's `ndcg_cut`; Järvelin and Kekäläinen, 2002).
    With `both_kinds`, queries whose documents are all relevant are left out.
    """

    name = "ndcg"

    def values(self, ranked: Ranked) -> NDArray[np.float64]:
        """Return the gain in this order divided by the gain in the best order, [G]."""
        gains = np.maximum(ranked.grades, 0.0)
        ideal = self._discounted(ranked, gains[np.lexsort((-gains, ranked.groups))])
        return self._discounted(ranked, gains) / np.where(ideal > 0, ideal, 1.0)

    def _discounted(self, ranked: Ranked, gains: NDArray[np.float64]) -> NDArray[np.float64]:
        return ranked.total(np.where(ranked.ranks <= self.at, gains / np.log2(ranked.ranks + 1), 0.0))


@register("metric", "precision")
class Precision(DepthMetric):
    """Share of relevant documents among the first `at`; a query with fewer documents is not excused.

    With `both_kinds`, queries whose documents are all relevant are left out.
    """

    name = "precision"

    def __init__(self, *, at: Depth = 1, both_kinds: bool = False) -> None:
        super().__init__(at=at, both_kinds=both_kinds)

    def values(self, ranked: Ranked) -> NDArray[np.float64]:
        """Return precision, [G]."""
        return self.hits(ranked) / self.at


@register("metric", "recall")
class Recall(DepthMetric):
    """Share of a query's relevant documents that are among the first `at`.

    With `both_kinds`, queries whose documents are all relevant are left out.
    """

    name = "recall"

    def values(self, ranked: Ranked) -> NDArray[np.float64]:
        """Return recall, [G]."""
        return self.hits(ranked) / np.maximum(ranked.positives, 1)
