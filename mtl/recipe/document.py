"""A recipe as plain values, with the place where each key and value was written."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..base.errors import Fault
from .place import Place

Steps = tuple[str | int, ...]
LARGEST = 100_000  # values in a recipe, aliases expanded: far beyond any real one, long before memory runs out


@dataclass
class Document:
    """Plain values (`tree`) and their places.

    `keys` and `values` map the steps to a value to (file, line) of its key and of the value itself. `faults`
    collects what is wrong with the document's form, `settings` says what patterns given beside the recipe have set.
    """

    name: str
    tree: Any = None
    keys: dict[Steps, tuple[str, int | None]] = field(default_factory=dict)
    values: dict[Steps, tuple[str, int | None]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    settings: list[Fault] = field(default_factory=list)

    def place(self, steps: Steps) -> Place:
        """Return where a value was written; of one that was not, where the nearest thing around it was."""
        return self._place(steps, self.values)

    def key_place(self, steps: Steps) -> Place:
        """Return where a key was written."""
        return self._place(steps, self.keys)

    def _place(self, steps: Steps, written: Mapping[Steps, tuple[str, int | None]]) -> Place:
        path = dotted(steps)
        if steps in written:
            return Place(*written[steps], path)
        while steps and steps not in self.keys and steps not in self.values:
            steps = steps[:-1]
        file, line = self.keys.get(steps) or self.values.get(steps) or (self.name, None)
        return Place(file, line, path)

    def forget(self, steps: Steps) -> None:
        """Drop the places of a value and all that is in it."""
        for written in (self.keys, self.values):
            for known in [known for known in written if known[: len(steps)] == steps]:
                del written[known]

    def graft(self, steps: Steps, other: Document) -> None:
        """Take over the places of a document that is now at `steps`."""
        self.forget(steps)
        self.graft_into(steps, other)

    def graft_into(self, steps: Steps, other: Document) -> None:
        """Take over the places of a document that is now at `steps`, beside those that are known there."""
        for mine, theirs in ((self.keys, other.keys), (self.values, other.values)):
            mine.update({steps + known: place for known, place in theirs.items()})


def value_at(document: Document, steps: Steps) -> Any:
    """Return the value at `steps`."""
    found = document.tree
    for step in steps:
        found = found[step]
    return found


def dotted(steps: Steps) -> str:
    """Return steps as messages show them: `tasks.slots.model`."""
    return ".".join(str(step) for step in steps)


def from_values(tree: Any, name: str) -> Document:
    """Return the document of values that Python code hands in; they must be such as YAML gives."""
    document = Document(name)

    def copy(value: Any, steps: Steps) -> Any:
        if isinstance(value, Mapping):
            return {key: copy(inner, (*steps, key)) for key, inner in value.items() if check_key(document, key, steps)}
        if isinstance(value, (list, tuple)):
            return [copy(inner, (*steps, i)) for i, inner in enumerate(value)]
        if isinstance(value, float) and not math.isfinite(value):
            document.faults.append(document.place(steps).fault(f"should be a finite number. Found {value}."))
        elif value is not None and not isinstance(value, (str, bool, int, float)):
            kind = type(value).__name__
            document.faults.append(document.place(steps).fault(f"should be a value that YAML has. Found {kind}."))
            return None
        return value

    document.tree = copy(tree, ())
    return document


def check_key(document: Document, key: object, steps: Steps) -> bool:
    """Return whether a key is a string; what is not becomes a fault of the document."""
    if isinstance(key, str):
        return True
    message = f"keys should be strings. Found {show(key)}: put it in quotes."
    document.faults.append(document.place(steps).fault(message))
    return False


def show(value: object) -> str:
    """Return a value as a sentence shows it: strings quoted, YAML's words for null, true and false.

    >>> show(None), show(True), show("x"), show([1]), show({})
    ('null', 'true', "'x'", 'a list', 'a mapping')
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'{value}'" if len(value) <= 60 else f"'{value[:57]}...'"
    if isinstance(value, Mapping):
        return "a mapping"
    return "a list" if isinstance(value, (list, tuple)) else str(value)
