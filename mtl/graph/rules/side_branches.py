"""Side branches of texts that meet: at every text, taken where they lead, reading alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...base.errors import Fault
from .embeddings import equal_keys
from .meetings import meetings
from .places import config_at, quoted

if TYPE_CHECKING:
    from ..sharing_graph import SharingGraph


def side_branches_stand_at_every_text(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: all texts of a task have a side branch of one name, or none has."""
    for task in graph.recipe.tasks.values():
        branches: dict[str, list[str]] = {}
        for slot in task.slots:
            if slot.side:
                branches.setdefault(slot.name.rpartition(".")[2], []).append(slot.name)
        for step, slots in branches.items():
            filled = [name for name in slots if task.model[name] is not None]
            empty = [name for name in slots if name not in filled]
            if filled and empty:
                yield config_at(task, filled[0]).place.fault(
                    f"every text should have a module '{step}', or none. Found {quoted(filled)} and no {quoted(empty)}."
                )


def side_branches_are_taken(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: what side branches flow into takes them."""
    for _, config, _, sides, _ in meetings(graph):
        if sides and not getattr(config.cls, "sides", True):
            yield config.place.fault(
                f"the {config.kind} '{config.type}' should get the two texts alone. "
                f"Found {quoted(sides)} beside them: leave {'it' if len(sides) == 1 else 'them'} out."
            )


def side_branches_read_alike(graph: SharingGraph) -> Iterator[Fault]:
    """Warning: side branches that meet read different tokens."""
    for task, config, _, sides, _ in meetings(graph):
        inputs = [graph.inputs_at(f"{task.name}.{side}")[0] for side in sides]
        other = next((given for given in inputs if given.front_end.whole != inputs[0].front_end.whole), None)
        if other is not None:
            yield config.place.fault(
                f"compares {quoted(sides)}, which read their texts differently: equal words will not be found equal. "
                f"{equal_keys(inputs[0], other)}"
            )
