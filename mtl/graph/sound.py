"""The part of a recipe about which nothing is wrong: its graph, where that of all tasks cannot be connected."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from ..base.errors import Fault
from ..recipe.part import part_of
from . import rules
from .sharing_graph import SharingGraph


def sound_graph(graph: SharingGraph, faults: Iterable[Fault], without: Collection[str] = ()) -> SharingGraph:
    """Return the graph of those tasks that no fault is about, `without` some, connected; it may have none.

    A task goes that has the module, the group or the key that a fault is about, and so does one that is conditioned on
    a task that goes.
    """
    about = list(faults)
    graph = _of_tasks(graph, [task for task in graph.recipe.tasks if task not in without])
    while about:
        found = tasks_of(graph, about)
        graph = _of_tasks(graph, [task for task in graph.recipe.tasks if task not in found] if found else [])
        about = rules.broken_but_for_names(graph)
    graph = _of_tasks(graph, _with_known_conditions(graph))
    graph.connect()
    return graph


def _of_tasks(graph: SharingGraph, tasks: Sequence[str]) -> SharingGraph:
    return graph if len(tasks) == len(graph.recipe.tasks) else SharingGraph(part_of(graph.recipe, tasks))


def tasks_of(graph: SharingGraph, faults: Iterable[Fault]) -> set[str]:
    """Return the tasks of a graph that faults are about, by the places of these."""
    paths = [fault.path for fault in faults if fault.path]

    def told(path: str) -> bool:
        return any(f"{found}.".startswith(f"{path}.") for found in paths)

    recipe = graph.recipe
    found = {name for name in recipe.tasks if told(f"tasks.{name}")}
    found |= {address.split(".")[0] for address, config in graph.addresses().items() if told(config.place.path)}
    for group in recipe.share.values():
        if told(f"share.{group.name}"):
            found |= {member.split(".")[0] for member in group.members}
    return found


def _with_known_conditions(graph: SharingGraph) -> list[str]:
    """Return the tasks all of whose conditions are on tasks that stay, too."""
    needed = {task: set(graph.conditions(task)) for task in graph.recipe.tasks}
    while unknown := [task for task, others in needed.items() if not others <= needed.keys()]:
        for task in unknown:
            del needed[task]
    return list(needed)
