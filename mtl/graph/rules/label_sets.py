"""Tasks with one decoder or one output layer have one label set, which shows once the data is read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ...base.errors import Fault
from .places import place_of

if TYPE_CHECKING:
    from ..sharing_graph import SharingGraph

NAMES = {"decoder": "decoder", "output": "output layer"}  # kinds whose size is the number of labels
MOST = 5  # labels that are shown


def tied_label_sets(graph: SharingGraph, labels: Mapping[str, Sequence[str]]) -> Iterator[Fault]:
    """Rule: a tied decoder (or output layer) has one label set; `labels` are those of each task's training rows."""
    for (first, *others), component in label_ties(graph).items():
        name = NAMES[graph.addresses()[graph.members()[component][0]].kind]
        for other in others:
            difference = _difference(first, labels[first], other, labels[other])
            if difference:
                yield place_of(graph, component).fault(
                    f"tasks with one {name} should have the same labels in training. Found {difference}."
                )


def label_ties(graph: SharingGraph) -> dict[tuple[str, ...], str]:
    """Return the tasks of each tied decoder and output layer, which have one label set, with that component."""
    found: dict[tuple[str, ...], str] = {}
    for component, addresses in graph.members().items():
        tasks = tuple(dict.fromkeys(address.split(".")[0] for address in addresses))
        if graph.addresses()[addresses[0]].kind in NAMES and len(tasks) > 1:
            found.setdefault(tasks, component)
    return found


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
