"""What is written under a task's `model:` and is none of its modules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..base.errors import near_miss
from ..recipe.document import Steps, dotted, show
from ..recipe.schema import closest
from .draft import Reading, TaskDraft


def unknown_slots(reading: Reading, draft: TaskDraft) -> set[str]:
    """Note keys under `model:` that are no module of the task; return the addresses that they were probably meant for.

    A task that has any is no longer complete.
    """
    known = {slot.name for slot in draft.slots}
    prefixes = {name.rsplit(".", 1)[0] for name in known if "." in name}
    meant_for: set[str] = set()

    def visit(tree: Mapping[str, Any], done: str) -> None:
        for key, value in tree.items():
            name = f"{done}{key}"
            if name in prefixes and (value is None or isinstance(value, Mapping)):
                visit(value or {}, f"{name}.")
            elif name in prefixes:
                steps: Steps = (*draft.steps, "model", *name.split("."))
                reading.fault(steps, f"should be a mapping of modules. Found {show(value)}.")
                meant_for.update(f"{draft.name}.{slot}" for slot in known if slot.startswith(f"{name}."))
                draft.complete = False
            elif name in known and "." in str(key):
                steps = (*draft.steps, "model", *done.split(".")[:-1], key)
                outer, inner = str(key).split(".", 1)
                message = f"'{key}' should be a key inside another, '{outer}: {{{inner}: …}}'. Found one key."
                reading.faults.append(reading.document.key_place(steps).named(dotted(steps[:-1])).fault(message))
                meant_for.add(f"{draft.name}.{name}")
                draft.complete = False
            elif name not in known:
                steps = (*draft.steps, "model", *done.split(".")[:-1], key)
                names = [*known, *sorted(prefixes)]
                hint = near_miss(name, names) or f" Its modules: {', '.join(s.name for s in draft.slots)}."
                meant = closest(name, names)
                meant_for.update(f"{draft.name}.{n}" for n in known if f"{n}.".startswith(f"{meant}."))
                message = f"the task '{draft.type}' has no module '{name}'.{hint}"
                reading.faults.append(reading.document.key_place(steps).named(dotted(steps[:-1])).fault(message))
                draft.complete = False  # it may be meant for a slot that is empty now

    visit(draft.model, "")
    return meant_for
