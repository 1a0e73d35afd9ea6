"""Settings given beside the recipe: `--set tasks.slots.weight=2`.

A path is steps joined by dots; a step that holds dots itself is found if it is there, and may be quoted
(`train.components."intent.embedding".lr=1e-4`). A step into a list is an index from 0. `**` stands for any number of
whole steps: `**.path=DIR` sets every key `path` that the recipe writes, `**.embedding.path=DIR` those that are so in an
embedding, and a step after `**` may also be a mapping's type: `**.transformer.path=DIR`. The value is YAML.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Sequence
from typing import Any

from ..base.declared import keys
from ..base.errors import Fault, Option, counted, listing, near_miss
from .document import Document, Steps, dotted, show
from .patterns import ANY, instead, matching
from .place import Place
from .schema import closest
from .training import ComponentTraining
from .yaml_core import parse

STEP = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([^.'"]+))\s*(?:\.|\Z)""")
KEYS = tuple(keys(ComponentTraining))  # of a component under `train.components`
NAMED = {"sources": "source", "tasks": "task", "share": "share group"}  # sections whose keys are the recipe's own names


def apply(document: Document, overrides: Sequence[str], filled: Callable[[], Any] = lambda: None) -> None:
    """Set values of a document; settings that cannot be made become faults of it.

    A setting that came by another option than `--set` is an `Option`, by which it is told (`--set-all train.epochs=2`).
    `filled` gives the recipe's values with all defaults, None where it cannot be read: by it, messages say more.
    """
    for override in overrides:
        name = override if isinstance(override, Option) else Option(f"--set {override}")
        path, equals, text = name.partition(" ")[2].partition("=")
        steps = steps_of(path)
        if not equals or not steps:
            document.faults.append(Fault("should be 'a.b.c=value'. Found no such setting.", name))
            continue
        value = parse(text, name)
        if value.faults:
            document.faults += [Fault(fault.message, name) for fault in value.faults]
            continue
        found = [steps]
        if ANY in steps:
            found = matching(document.tree, steps)
            keys_set = ", ".join(map(".".join, found))
            if found:
                document.settings.append(Fault(f"sets {counted(len(found), 'key')}: {keys_set}.", name))
            else:
                should = f"'{path}' should match a key that the recipe writes. It matches none."
                change = instead(document.tree, steps, text, filled())
                document.faults.append(Fault(f"{should}{change}", name))
        for each in sorted(found, key=len, reverse=True):
            _set(document, each, copy.deepcopy(value), Place(name))


def fits(document: Document, override: str) -> bool:
    """Return whether a recipe has what a setting is of: a key that its pattern matches, or the task that it names.

    So with a source and a share group. Every recipe can have any other key, and what is malformed is told of each.
    """
    steps = steps_of(override.partition("=")[0])
    if ANY in steps:
        return bool(matching(document.tree, steps))
    if len(steps) < 3 or steps[0] not in NAMED or not isinstance(document.tree, dict):
        return True
    named = document.tree.get(steps[0])
    return not isinstance(named, dict) or _next(named, (steps[0],), steps[1:], False)[0] in named


def set_value(document: Document, path: str, value: Any, place: Place) -> None:
    """Set a plain value at a path, as written at `place`; what cannot be set becomes a fault of the document.

    The path is not malformed (`steps_of`).
    """
    _set(document, steps_of(path), Document(place.file or "", value), place)


def steps_of(path: str) -> list[str]:
    """Return the steps of a path, none if it is malformed."""
    found: list[str] = []
    position = 0
    while position < len(path):
        match = STEP.match(path, position)
        if match is None:
            return []
        found.append(next(group for group in match.groups() if group is not None).strip())
        position = match.end()
    return [] if path.endswith(".") else found


def _set(document: Document, steps: list[str], value: Document, place: Place) -> None:
    """Walk to the place that a setting names, making the mappings that are not there yet, and set it."""
    at = (place.file or "", place.line)
    value.keys = dict.fromkeys(value.keys, at)
    value.values = dict.fromkeys(value.values, at) or {(): at}
    here: Any = document.tree if document.tree is not None else {}
    document.tree = here
    done: Steps = ()
    while True:
        step, rest = _next(here, done, steps, isinstance(value.tree, dict))
        fault = _step_fault(here, done, step, bool(rest))
        if fault is not None:
            document.faults.append(place.named(dotted(done)).fault(fault))
            return
        key: str | int = int(step) if isinstance(here, list) else step
        done = (*done, key)
        if not rest:
            here[key] = value.tree
            document.graft(done, value)
            document.keys[done] = at
            return
        if isinstance(here, dict) and here.get(step) is None:
            here[step] = {}
            document.graft(done, Document(at[0], values={(): at}, keys={(): at}))
        here, steps = here[key], rest


def _next(here: Any, done: Steps, steps: list[str], whole: bool) -> tuple[str, list[str]]:
    """Split off the next step: the longest key that is there, or what the section's keys are known to be like.

    `whole` says that the value is a mapping, as all is that `train.components` says of a component.
    """
    if isinstance(here, dict):
        for count in range(len(steps), 0, -1):
            if ".".join(steps[:count]) in here:
                return ".".join(steps[:count]), steps[count:]
        if done == ("train", "select"):
            return ".".join(steps), []
        if done == ("train", "components"):
            count = next((number for number, step in enumerate(steps) if number and step in KEYS), len(steps))
            if count == len(steps) > 1 and not whole and closest(steps[-1], KEYS) is not None:
                count -= 1
            return ".".join(steps[:count]), steps[count:]
    return steps[0], steps[1:]


def _step_fault(here: Any, done: Steps, step: str, more: bool) -> str | None:
    if isinstance(here, list):
        if step.isascii() and step.isdigit() and int(step) < len(here):
            return None
        return f"should be an index from 0 to {len(here) - 1}. Found '{step}'."
    if not isinstance(here, dict):
        return f"should be a mapping or a list to set '{step}' in it. Found {show(here)}."
    if more and len(done) == 1 and done[0] in NAMED and step not in here:
        hint = near_miss(step, here) or f" There are: {listing(here)}."
        return f"no {NAMED[str(done[0])]} named '{step}'.{hint}"
    return None
