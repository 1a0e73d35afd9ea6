"""Reading `share:`: the groups as they are written, before their members are looked up."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..recipe.document import Steps, show
from ..recipe.names import JOINT, malformed
from .draft import Reading


@dataclass
class Group:
    """A share group: its patterns with their places, its own configuration if it has one, the addresses it names."""

    name: str
    steps: Steps
    patterns: list[tuple[str, Steps]]
    written: Steps | None = None
    named: dict[str, Steps] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)


def read_group(reading: Reading, name: str, raw: Any, tasks: Collection[str]) -> Group | None:
    """Return a group, None where it has no members; `tasks` are names that it should not have."""
    steps: Steps = ("share", name)
    message = malformed(name)
    if message is None and name == JOINT:
        message = f"'{JOINT}' is reserved for all tasks together. Choose another name."
    if message is None and name in tasks:
        message = f"a share group should not be named like a task. Found '{name}'."
    if message is not None:
        reading.key_fault(steps, message)
    here, members = steps, raw
    if isinstance(raw, Mapping):
        here, members = (*steps, "members"), raw.get("members")
        if members is None:
            reading.key_fault(steps, "should have a key 'members', a list of addresses. Found none.")
            return None
    patterns = [(members, here)] if isinstance(members, str) else _patterns(reading, members, here)
    configured = isinstance(raw, Mapping) and len(raw) > 1
    return Group(name, steps, patterns, steps if configured else None)


def _patterns(reading: Reading, members: Any, steps: Steps) -> list[tuple[str, Steps]]:
    if not isinstance(members, list) or not members:
        found = "an empty one" if members == [] else show(members)
        reading.fault(steps, f"should be a list of addresses. Found {found}.")
        return []
    for i, member in enumerate(members):
        if not isinstance(member, str):
            reading.fault((*steps, i), f"should be an address, as 'task.embedding'. Found {show(member)}.")
    return [(member, (*steps, i)) for i, member in enumerate(members) if isinstance(member, str)]


def member_fault(reading: Reading, group: Group, steps: Steps, message: str) -> None:
    """Note what is wrong with a member of a group, at the place of the pattern that names it."""
    place = reading.document.place(steps).named(f"share.{group.name}")
    reading.faults.append(place.fault(message))
