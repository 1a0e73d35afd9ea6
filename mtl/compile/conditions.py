"""Conditions of a recipe that has other faults, so that no graph of all its tasks can be made."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from ..base import registry
from ..base.errors import Fault
from ..graph.rules import misnamed_condition
from .components import normalised
from .draft import Reading, TaskDraft
from .groups import Group
from .ties import Ties


def misnamed_conditions(
    reading: Reading, ties: Ties, groups: Mapping[str, Group], drafts: Sequence[TaskDraft], broken: Collection[str]
) -> Iterator[Fault]:
    """Yield a fault for each condition that names no output, whatever else is wrong with its module or its task.

    Of `broken` tasks the outputs are not known, but one may have been meant.
    """
    outputs = [f"{draft.name}.{draft.slots[-1].name}" for draft in drafts]
    outputs += [f"{task}.output" for task in sorted(broken) if "." not in task]
    seen: set[tuple[str, str, str]] = set()
    for address, site in ties.sites.items():
        name = ties.type_of(address, groups)
        if not isinstance(name, str) or name not in registry.names(site.kind):
            continue
        for key in registry.address_keys(registry.lookup(site.kind, name)):
            for steps in ties.written(address, groups):
                for given in _strings((normalised(reading.value(steps)) or {}).get(key)):
                    fault = misnamed_condition(key, given, outputs, ties.sites, broken)
                    if fault and (ties.root(address), key, given) not in seen:
                        seen.add((ties.root(address), key, given))
                        yield reading.document.place((*steps, key)).fault(fault)


def _strings(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [given for given in values if isinstance(given, str)]
