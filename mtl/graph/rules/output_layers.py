"""An output layer is made for what its task predicts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...base.errors import Fault
from .shapes import fits, shapes_of

if TYPE_CHECKING:
    from ..sharing_graph import SharingGraph


def outputs_fit_their_task(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: an output layer is made for what its task predicts, element and axes."""
    for task in graph.recipe.tasks.values():
        config, target = graph.addresses()[task.output], task.task.target_class()
        if not fits(config.cls, target):
            yield config.place.fault(
                f"should be an output for {target.shape()}, which the task '{task.name}' predicts. "
                f"Found '{config.type}', one for {shapes_of(config.cls)}."
            )
