"""What scores a text's labels: an encoder with its decoder, a wide module, or both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...base.errors import Fault
from ...recipe.config import TaskConfig

if TYPE_CHECKING:
    from ..sharing_graph import SharingGraph


def encoders_are_whole_or_left_out(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: all slots of an encoder are filled or, where there is a wide module, none of them."""
    for task in graph.recipe.tasks.values():
        wide = next((slot for slot in task.slots if slot.kind == "wide"), None)
        if wide is None:
            continue
        slots = [slot for slot in task.slots if slot.kind != "output" and slot is not wide]
        needed = [
            slot.name for slot in slots if slot.default is not None and "." not in slot.name
        ]  # not of values beside
        empty = [name for name in needed if task.model[name] is None]
        filled = [slot.name for slot in slots if task.model[slot.name] is not None]
        if empty and (filled or task.model[wide.name] is None):
            yield task.place.fault(_message(task, needed, wide.name, empty, filled))


def _message(task: TaskConfig, needed: list[str], wide: str, empty: list[str], filled: list[str]) -> str:
    every, found = _listed(needed, "and"), _listed(empty, "or")
    if task.model[wide] is None:
        return f"should have {every}, or '{wide}' in their place. Found no {found}, and no '{wide}'."
    return (
        f"should have {every} beside '{wide}', or none of them. Found {_listed(filled, 'and')} without {found}: leave "
        f"{'it' if len(filled) == 1 else 'them'} out, too, or write {'it' if len(empty) == 1 else 'all of them'}."
    )


def _listed(names: list[str], last: str) -> str:
    quoted = [f"'{name}'" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} {last} {quoted[-1]}"
