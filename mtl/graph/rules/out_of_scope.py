"""What is out of scope: an output layer can answer with a task's label for it, and metrics of it have one to count."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...base.errors import Fault

if TYPE_CHECKING:
    from ..sharing_graph import SharingGraph


def outputs_know_what_is_out_of_scope(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: where a task has a label for what is out of scope, its output layer can answer with it."""
    for task in graph.recipe.tasks.values():
        config, label = graph.addresses()[task.output], task.task.target().out_of_scope
        if label is not None and not config.cls.rejects:
            yield config.place.fault(
                f"should be an output layer that can answer '{label}', the label of '{task.name}' for what is out of "
                f"scope, such as 'softmax'. Found '{config.type}'."
            )


def metrics_of_scope_have_a_label(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: a metric of what is out of scope measures a task that has a label for it."""
    for task in graph.recipe.tasks.values():
        if task.task.target().out_of_scope is None:
            for metric in task.metrics:
                if metric.cls.needs_scope:
                    yield metric.place.fault(
                        f"'{metric.type}' should measure a task with the key 'out_of_scope', the label of what is none "
                        f"of the others. Found '{task.name}' without it."
                    )
