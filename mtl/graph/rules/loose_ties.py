"""Warnings about groups that share nothing, or less than it seems."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ...base.errors import Fault
from ..pulls import partners
from .places import place_of, quoted

if TYPE_CHECKING:
    from ...recipe.config import ShareGroup
    from ..sharing_graph import SharingGraph


def groups_of_one(graph: SharingGraph) -> Iterator[Fault]:
    """Warning: a share group with a single member."""
    yield from lone_groups(graph.recipe.share.values())


def lone_groups(groups: Iterable[ShareGroup]) -> Iterator[Fault]:
    """Yield the warning for each of some groups that has a single member, and no other that could not be read."""
    for group in groups:
        if len(group.members) == 1 and group.complete:
            yield group.place.fault(f"holds one module, '{group.members[0]}': nothing will be shared by it.")


def tasks_tied_to_nothing(graph: SharingGraph) -> Iterator[Fault]:
    """Warning: a task that has no component in common with any other, nor one that is pulled to another's."""
    together = partners(graph)
    paths = {
        task: graph.path(task).union(*(together.get(component, ()) for component in graph.path(task)))
        for task in graph.recipe.tasks
    }
    for task, path in paths.items():
        if len(paths) > 1 and not any(path & other for name, other in paths.items() if name != task):
            place = graph.recipe.tasks[task].place
            yield place.fault("is tied to no other task: it will be trained alongside and share nothing.")


def tied_over_untied(graph: SharingGraph) -> Iterator[Fault]:
    """Warning: a tied representation whose embeddings are not tied."""
    for name, component in graph.components.items():
        below = [n for n in graph.graph.predecessors(name) if graph.graph.nodes[n]["kind"] == "embedding"]
        if component.kind == "representation" and len(component.members) > 1 and len(below) > 1:
            yield place_of(graph, name).fault(
                f"is tied, but its embeddings are not: it will have to learn the vectors of {quoted(below)} at once."
            )
