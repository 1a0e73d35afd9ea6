"""Tasks of which it is not known what is one module with others, as something is wrong with a share group."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ..recipe.names import matching
from .draft import Reading
from .ties import Ties


def faulty_groups(reading: Reading) -> set[str]:
    """Return the names of the groups with which something is wrong."""
    steps = [(fault.path or "").split(".") for fault in reading.faults]
    return {found[1] for found in steps if found[0] == "share" and len(found) > 1}


def unsettled(reading: Reading, raw: Any, ties: Ties, tasks: Collection[str]) -> frozenset[str]:
    """Return the tasks whose modules may be tied otherwise than it seems.

    Those are the tasks of the members of a faulty group or, where it cannot be said which these are, all.
    """
    if any(fault.path == "share" for fault in reading.faults):
        return frozenset(tasks)
    share = raw if isinstance(raw, Mapping) else {}
    found = {address.split(".")[0] for address in ties.broken if "." in address}
    for name in faulty_groups(reading):
        if name not in share:
            continue  # it was written out, and its members are broken
        group = share[name]
        found |= set(_tasks(group.get("members") if isinstance(group, Mapping) else group, ties, tasks))
    return frozenset(found & set(tasks))


def _tasks(members: Any, ties: Ties, tasks: Collection[str]) -> Iterator[str]:
    patterns = [members] if isinstance(members, str) else members if isinstance(members, list) else [None]
    for pattern in patterns or [None]:
        matched = matching(pattern, ties.sites) if isinstance(pattern, str) else []
        first = pattern.split(".")[0] if isinstance(pattern, str) else ""
        if matched:
            yield from (address.split(".")[0] for address in matched)
        elif first in tasks:
            yield first
        else:
            yield from tasks
