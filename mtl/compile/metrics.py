"""Reading the metrics of a task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..base.errors import MtlError
from ..graph.rules import fits, shapes_of
from ..recipe.document import Steps, show
from ..recipe.modules import ModuleConfig
from ..recipe.task import Task
from .components import read_component
from .draft import Reading


def read_metrics(reading: Reading, task: Task, raw: Any, steps: Steps) -> tuple[ModuleConfig, ...]:
    """Return the metrics of a task, in place of its own where the recipe names any; what cannot be read is left out."""
    if raw is not None and not isinstance(raw, list):
        reading.fault(steps, f"should be a list of metrics. Found {show(raw)}.")
        return ()
    found: list[ModuleConfig] = []
    defaults = task.target().metrics if task.default_metrics is None else task.default_metrics
    for i, value in enumerate(defaults if raw is None else raw):
        metric = read_component(reading, "metric", value, (*steps, i) if raw is not None else steps)
        if metric is None or not _can_be_built(reading, metric, (*steps, i)):
            continue
        target = task.target_class()
        if not fits(metric.cls, target):
            message = (
                f"should be a metric of {target.shape()}, which the task predicts. "
                f"Found '{metric.type}', one of {shapes_of(metric.cls)}."
            )
            reading.fault((*steps, i), message)
        for figure, other in _figures_again(metric, found):
            message = (
                f"should give figures with names of their own. Found '{figure}', which another metric '{other}' "
                "gives too."
            )
            reading.fault((*steps, i), message)
        found.append(metric)
    return tuple(found)


def _figures_again(metric: ModuleConfig, others: Sequence[ModuleConfig]) -> list[tuple[str, str]]:
    """Return the figures of a metric that another one gives, with its type: one would take the other's place."""
    taken = {
        figure: other.type
        for other in others
        if (other.type, other.values) != (metric.type, metric.values)
        for figure in other.cls(**other.values).figures
    }
    return [(figure, taken[figure]) for figure in metric.cls(**metric.values).figures if figure in taken]


def _can_be_built(reading: Reading, metric: ModuleConfig, steps: Steps) -> bool:
    """Return whether a metric takes its keys: its constructor knows the bounds of their values."""
    try:
        metric.cls(**metric.values)
    except (MtlError, ValueError) as error:
        reading.refused(error, steps)
        return False
    return True
