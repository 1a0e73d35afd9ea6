"""Answers are kept to the grammar of tags where there is one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...base.errors import Fault

if TYPE_CHECKING:
    from ..sharing_graph import SharingGraph


def constrained_tags_mark_spans(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: an output layer that keeps answers to a grammar is used with tags that mark spans."""
    for task in graph.recipe.tasks.values():
        config = graph.addresses()[task.output]
        constraint = getattr(config.cls, "constraint", None)
        key = constraint(config.values) if constraint else None
        if key is not None and not task.task.target().marks_spans:
            yield config.place_of(key).fault(
                f"'{key}' should be used with tags that mark spans. "
                f"Found 'scheme: plain' in '{task.name}', whose tags mark none. Leave '{key}' out."
            )
