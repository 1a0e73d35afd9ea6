"""Groups of kind `cross_stitch`, written out: a mixture of all members at each of them, and ties part by part.

    share: {encoders: {kind: cross_stitch, members: [a.representation, b.representation]}}

becomes `{type: cross_stitch, own: a, parts: {a: …, b: …}}` at `a.representation`, alike at `b.representation`, and the
groups `encoders_a` and `encoders_b` of what is one module: `[a.representation.a, b.representation.a]`, and so on. From
here on nothing is special about them, and the filled recipe holds them written out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..base.errors import near_miss
from ..recipe.document import Document, Steps
from ..recipe.names import matching
from .components import normalised
from .draft import Reading, TaskDraft
from .groups import GROUP_KEYS, Group, member_fault, read_group

KIND = "cross_stitch"


@dataclass(frozen=True)
class _Member:
    """A representation of a group: its address, its name among the parts, where it is written, and what is there."""

    address: str
    part: str
    home: Steps
    config: Any
    places: Document


def write_out_stitches(reading: Reading, drafts: Sequence[TaskDraft], broken: set[str]) -> None:
    """Replace each such group in the document; one with faults is left out, and its members are `broken`."""
    share = reading.document.tree.get("share")
    if not isinstance(share, dict):
        return
    for name, raw in list(share.items()):
        if isinstance(raw, dict) and raw.get("kind") == KIND:
            faults = len(reading.faults)
            del share[name]
            group = read_group(reading, name, raw, {*broken, *(draft.name for draft in drafts)})
            members = _members(reading, drafts, group, raw, broken) if group is not None else []
            if len(reading.faults) == faults:
                _write_out(reading, share, name, members)
            broken.update(member.address for member in members if len(reading.faults) > faults)
    for draft in drafts:
        model = _written(reading, (*draft.steps, "model"))
        draft.model = model if isinstance(model, dict) else draft.model


def _members(
    reading: Reading, drafts: Sequence[TaskDraft], group: Group, raw: Mapping[str, Any], broken: set[str]
) -> list[_Member]:
    """Return what the patterns of a group match; whatever cannot be a member is a fault.

    A member without a configuration has that of the first one with any.
    """
    homes = {f"{draft.name}.{slot.name}": (slot, home) for draft in drafts for slot, home in draft.homes()}
    found: dict[str, _Member] = {}
    faults = len(reading.faults)
    for pattern, steps in group.patterns:
        matched = matching(pattern, homes)
        if not matched and not ("*" in pattern and broken) and pattern.split(".")[0] not in broken:
            member_fault(reading, group, steps, f"'{pattern}' is not a module of a task.{near_miss(pattern, homes)}")
        for address in matched:
            slot, home = homes[address]
            written = _written(reading, home)
            if written is _NULL and pattern != address:
                continue
            if slot.kind != "representation":
                message = f"a cross-stitch should be of representations. Found '{address}' ({slot.kind})."
                member_fault(reading, group, steps, message)
                continue
            own = None if written is _NULL else written
            config, places = _configured(reading, group, raw, own, home)
            found.setdefault(address, _Member(address, _part(address), home, config, places))
    if len(found) == 1 and len(reading.faults) == faults:
        reading.key_fault(group.steps, f"should name two representations or more. Found one, '{next(iter(found))}'.")
    first = next((member for member in found.values() if member.config), None)
    if found and first is None:
        reading.key_fault(group.steps, "should be configured in one member or here. Found no configuration.")
        return list(found.values())
    return [
        member if member.config or first is None else replace(member, config=first.config, places=first.places)
        for member in found.values()
    ]


def _part(address: str) -> str:
    """Return the name of a representation among the parts: its task's, with its input's where that has several."""
    return address.rpartition(".")[0].replace(".", "_")


_NULL = object()  # written, as null: left out


def _written(reading: Reading, home: Steps) -> Any:
    """Return what is written at a place: None where nothing is."""
    here = reading.document.tree
    for step in home:
        if not isinstance(here, dict) or step not in here:
            return None
        here = here[step]
    return _NULL if here is None else here


def _configured(reading: Reading, group: Group, raw: Mapping[str, Any], own: Any, home: Steps) -> tuple[Any, Document]:
    """Return a member's configuration with the places of its keys: its own keys, then those under the group."""
    document, places = reading.document, Document("")
    mine = normalised(own)
    if mine is None:
        places.graft((), _below(document, home))
        return own, places
    shared = {key: value for key, value in raw.items() if key not in GROUP_KEYS}
    if mine.get("type", shared.get("type")) != shared.get("type"):
        shared = {}
    for key in shared:
        places.graft((key,), _below(document, (*group.steps, key)))
    for key in mine if isinstance(own, dict) else ():
        places.graft((key,), _below(document, (*home, key)))
    if isinstance(own, str):
        places.graft(("type",), _below(document, home))
    return {**shared, **mine}, places


def _below(document: Document, steps: Steps) -> Document:
    """Return the places of a value and of all that is in it, from there on."""
    count = len(steps)
    keys, values = (
        {known[count:]: place for known, place in written.items() if known[:count] == steps}
        for written in (document.keys, document.values)
    )
    return Document(document.name, None, keys, values)


def _write_out(reading: Reading, share: dict[str, Any], name: str, members: Sequence[_Member]) -> None:
    document, steps = reading.document, ("share", name)
    at_group = document.keys.get(steps, (document.name, None))
    groups = {f"{name}_{member.part}": member for member in members}
    taken = [tied for tied in groups if tied in share]
    for tied in taken:
        message = f"should have another name. Found that of a group that '{name}' has for '{groups[tied].address}'."
        reading.key_fault(("share", tied), message)
    if taken:
        return
    for tied, member in groups.items():
        share[tied] = [f"{other.address}.{member.part}" for other in members]
        document.keys["share", tied] = at_group
    for member in members:
        parts = {other.part: other.config if other is member else {} for other in members}
        at = document.keys.get(member.home, at_group)
        document.forget(member.home)
        _set(document.tree, member.home, {"type": KIND, "own": member.part, "parts": parts})
        document.keys |= {(*member.home, key): at_group for key in ("type", "own", "parts")}
        document.keys |= {(*member.home, "parts", part): at if part == member.part else at_group for part in parts}
        document.keys[member.home] = at
        document.graft_into((*member.home, "parts", member.part), member.places)


def _set(tree: dict[str, Any], steps: Steps, value: Any) -> None:
    """Set a value in mappings that are made anew on the way: an alias may have put one at several places."""
    here: Any = tree
    for step in steps[:-1]:
        here[step] = dict(here[step]) if isinstance(here.get(step), dict) else {}
        here = here[step]
    here[steps[-1]] = value
