"""Figures without bound on the scale of those that are shares: how much better they are than having learned nothing.

A perplexity of 200,000 beside an accuracy would decide alone which evaluation is the best one. Where several figures
are added up, it counts as 1 - log(perplexity) / log(size of the vocabulary), an error of numbers as 1 - error / error
of their mean: 0 is what a model gives that has learned nothing, 1 is perfect, as of other figures.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .evaluation import metrics_of
from .metrics import Metric

if TYPE_CHECKING:
    from ..data.prepared import Prepared
    from ..graph.sharing_graph import SharingGraph


@dataclass(frozen=True)
class Gain:
    """How a figure without bound is added to others: by what its metric says, compared with `reference`."""

    metric: Metric
    reference: float

    def of(self, value: float) -> float:
        """Return the gain; raises `ZeroDivisionError` where the reference is perfect."""
        return self.metric.gain(value, self.reference)


Gains = Mapping[str, Gain | None]


def gains(graph: SharingGraph, prepared: Prepared, split: str = "dev") -> dict[str, Gain | None]:
    """Return how each `task.figure` without bound that a split gives is added to others.

    None for one with which nothing can be compared: all gold numbers are equal, or nothing is known of a model that has
    learned nothing.
    """
    found: dict[str, Gain | None] = {}
    for source, tasks in graph.streams().items():
        encoded = prepared.splits.get((source, split))
        for task in tasks if encoded is not None else ():
            metrics = [metric for metric in metrics_of(graph.recipe.tasks[task], prepared.fitted) if not metric.bounded]
            if not metrics or encoded is None:
                continue
            gold = list(encoded.gold(task))
            if all(value is None for value in gold):
                continue
            answers = prepared.fitted.targets[task].unlearned(gold)
            for metric in metrics:
                found.update((f"{task}.{name}", gain) for name, gain in _of(metric, gold, answers))
    return found


def _of(metric: Metric, gold: list[Any], answers: list[Any] | None) -> Iterator[tuple[str, Gain | None]]:
    """Yield the gain of each figure of a metric over these answers, None where they say nothing."""
    if answers is None or type(metric).compute is Metric.compute:
        yield from ((name, None) for name in metric.figures)
        return
    for name, reference in metric.compute(gold, answers).items():
        if isinstance(reference, (int, float)):
            gain = Gain(metric, float(reference))
            yield name, gain if math.isfinite(reference) and _comparable(gain) else None


def _comparable(gain: Gain) -> bool:
    try:
        return math.isfinite(gain.of(gain.reference))
    except (ZeroDivisionError, ValueError):
        return False
