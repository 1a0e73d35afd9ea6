"""Figures without bound on the scale of those that are shares: how much better they are than having learned nothing.

A perplexity of 200,000 beside an accuracy would decide alone which evaluation is the best one. Where several figures
are added up, it counts as 1 - log(perplexity) / log(size of the vocabulary), an error of numbers as 1 - error / error
of their mean: 0 is what a model gives that has learned nothing, 1 is perfect, as of other figures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .evaluation import metrics_of

if TYPE_CHECKING:
    from ..data.prepared import Prepared
    from ..graph.sharing_graph import SharingGraph
    from .metrics import Metric


@dataclass(frozen=True)
class Gain:
    """How a figure without bound is added to others: by what its metric says, compared with `reference`."""

    metric: Metric
    reference: float

    def of(self, value: float) -> float:
        """Return the gain; raises `ZeroDivisionError` where the reference is perfect."""
        return self.metric.gain(value, self.reference)


def gains(graph: SharingGraph, prepared: Prepared, split: str = "dev") -> dict[str, Gain]:
    """Return how each `task.figure` without bound that a split gives is added to others.

    One with which nothing can be compared, as all gold numbers are equal, is left out.
    """
    found: dict[str, Gain] = {}
    for source, tasks in graph.streams().items():
        encoded = prepared.splits.get((source, split))
        for task in tasks if encoded is not None else ():
            metrics = [metric for metric in metrics_of(graph.recipe.tasks[task], prepared.fitted) if not metric.bounded]
            if not metrics or encoded is None:
                continue
            gold = list(encoded.gold(task))
            answers = prepared.fitted.targets[task].unlearned(gold)
            if answers is None or all(value is None for value in gold):
                continue
            for metric in metrics:
                for name, reference in metric.compute(gold, answers).items():
                    gain = Gain(metric, reference)
                    if math.isfinite(reference) and _comparable(gain):
                        found[f"{task}.{name}"] = gain
    return found


def _comparable(gain: Gain) -> bool:
    try:
        return math.isfinite(gain.of(gain.reference))
    except (ZeroDivisionError, ValueError):
        return False
