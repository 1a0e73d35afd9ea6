"""Tasks with one decoder or output layer, or with ones alike, have one label set: that shows once the data is read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ...base.errors import Fault
from ...recipe.place import Place
from ..pulls import pulls
from .places import place_of

if TYPE_CHECKING:
    from ..sharing_graph import SharingGraph

# Kinds whose size is the number of labels.
NAMES = {"decoder": "decoder", "output": "output layer", "wide": "wide module"}
MOST = 5  # labels that are shown


def tied_label_sets(graph: SharingGraph, labels: Mapping[str, Sequence[str]]) -> Iterator[Fault]:
    """Rule: a tied decoder (output layer, wide module) has one label set; so have those that are pulled together.

    `labels` are those of each task's training rows, as far as they are known.
    """
    for tied, (place, who) in label_ties(graph).items():
        known = [task for task in tied if task in labels]
        for other in known[1:]:
            difference = _difference(known[0], labels[known[0]], other, labels[other])
            if difference:
                yield place.fault(f"{who} should have the same labels in training. Found {difference}.")


def label_ties(graph: SharingGraph) -> dict[tuple[str, ...], tuple[Place, str]]:
    """Return the tasks that have one label set, with the place and a description of what asks for it.

    They have one decoder or output layer, or ones that are pulled together: row by row, those are the same labels'.
    """
    found: dict[tuple[str, ...], tuple[Place, str]] = {}
    for component, addresses in graph.members().items():
        name = NAMES.get(graph.addresses()[addresses[0]].kind)
        if name is not None and len(_tasks(addresses)) > 1:
            found.setdefault(_tasks(addresses), (place_of(graph, component), f"tasks with one {name}"))
    for pull in pulls(graph):
        name = NAMES.get(graph.addresses()[pull.addresses[0]].kind)
        if name is not None and len(_tasks(pull.addresses)) > 1:
            found.setdefault(_tasks(pull.addresses), (pull.place, f"tasks whose {name}s are pulled together"))
    return found


def tasks_alike(graph: SharingGraph, task: str) -> set[str]:
    """Return the tasks whose labels are those of a task, by one tie or by several in a row."""
    found = {task}
    for _ in graph.recipe.tasks:
        found |= {name for tied in label_ties(graph) if found & set(tied) for name in tied}
    return found


def _tasks(addresses: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(address.split(".")[0] for address in addresses))


def _difference(first: str, labels: Sequence[str], second: str, others: Sequence[str]) -> str:
    """Return how the labels of two tasks differ, which may be in their order alone; nothing where they do not."""
    alone = [
        f"{_some(set(mine) - set(theirs))} in '{task}' alone"
        for task, mine, theirs in ((first, labels, others), (second, others, labels))
        if set(mine) - set(theirs)
    ]
    if alone or list(labels) == list(others):
        return " and ".join(alone)
    return f"those of '{first}' and '{second}' in different orders"


def _some(labels: Collection[str]) -> str:
    """Return the first labels, quoted, and how many more there are."""
    shown = ", ".join(f"'{label}'" for label in sorted(labels)[:MOST])
    return shown if len(labels) <= MOST else f"{shown} and {len(labels) - MOST} more"
