"""The inputs of exported graphs have names of their own: all tasks are cut out of one graph."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...base.errors import Fault

if TYPE_CHECKING:
    from ..sharing_graph import SharingGraph

OF_LISTS = "texts"  # with `lengths`, which no input may be named, the graph inputs of a task that reads lists alone


def inputs_are_not_named_like_those_of_lists(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: where a task reads lists from its only input, no input of another task goes by the name of their texts."""
    lists = [t.name for t in graph.recipe.tasks.values() if t.task.units == "lists" and len(t.inputs) == 1]
    for task in graph.recipe.tasks.values():
        for name, config in task.inputs.items():
            if lists and name == OF_LISTS and len(task.inputs) > 1 and not config.listed:
                yield config.place.fault(
                    "an input should not be named like those that an exported graph has for the lists of "
                    f"'{lists[0]}', texts and lengths. Found '{name}': choose another name."
                )
