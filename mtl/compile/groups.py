"""Reading `share:`: the groups as they are written, before their members are looked up."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..base.declared import keys, schema
from ..recipe.config import ShareGroup
from ..recipe.document import Steps, dotted, show
from ..recipe.names import JOINT, malformed
from ..recipe.schema import closest, fitted_to, unknown_key
from .draft import Reading

GROUP_KEYS = tuple(keys(ShareGroup))  # all others are those of its module
HARD: Mapping[str, Any] = {"kind": "hard", "strength": None}


@dataclass
class Group:
    """A share group: its patterns with their places, its own configuration if it has one, the addresses it names.

    `own` are its own keys beside the members: how these are shared.
    """

    name: str
    steps: Steps
    patterns: list[tuple[str, Steps]]
    written: Steps | None = None
    own: Mapping[str, Any] = field(default_factory=lambda: HARD)
    named: dict[str, Steps] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)

    @property
    def soft(self) -> bool:
        """Whether its members stay modules of their own."""
        return bool(self.own["kind"] == "soft")


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
        others = [key for key in raw if key not in GROUP_KEYS] if members is None else []
        misspelled = next((key for key in others if closest(str(key), GROUP_KEYS) == "members"), None)
        if misspelled is not None:
            place = reading.document.key_place((*steps, misspelled)).named(dotted(steps))
            reading.faults.append(place.fault(unknown_key(misspelled, GROUP_KEYS, "a share group")))
            return None
        if members is None:
            reading.key_fault(steps, "should have a key 'members', a list of addresses. There is none.")
            return None
    patterns = [(members, here)] if isinstance(members, str) else _patterns(reading, members, here)
    configured = isinstance(raw, Mapping) and not raw.keys() <= set(GROUP_KEYS)
    return Group(name, steps, patterns, steps if configured else None, _own(reading, raw, steps))


def _own(reading: Reading, raw: Any, steps: Steps) -> Mapping[str, Any]:
    """Return a group's own keys beside its members; where they are faulty, what they were probably meant to be."""
    written = {key: raw[key] for key in GROUP_KEYS if key in raw} if isinstance(raw, Mapping) else {}
    own, faults = fitted_to(schema(ShareGroup), written, reading.document, steps, "a share group")
    reading.faults += faults
    if own is None:
        return {"kind": "hard" if written.get("kind", "hard") == "hard" else "soft", "strength": None}
    if own["kind"] == "soft" and own["strength"] is None:
        reading.key_fault(steps, "should have a key 'strength', a number of at least 0: it is soft. There is none.")
    if own["kind"] != "soft" and own["strength"] is not None:
        message = f"should be a key of a group with 'kind: soft'. Found it in one of kind '{own['kind']}'."
        reading.key_fault((*steps, "strength"), message)
    return {key: own[key] for key in HARD}


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
