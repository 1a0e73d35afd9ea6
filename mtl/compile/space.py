"""The values of a search, each tried in the recipe: one that it refuses is a fault before any training.

Values are tried one at a time: choices all, of a range both ends. Some that go together badly are not found here.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..base.errors import Fault
from ..recipe.document import Document, dotted, show
from ..recipe.overrides import set_value, steps_of
from ..recipe.place import Place
from ..recipe.tuning import Dimension, Range, TuneConfig
from .draft import Reading
from .readable import ReadRecipe
from .tune import SPACE, read_tune

Read = Callable[[Document], ReadRecipe]


def read_with_space(document: Document, read: Read) -> ReadRecipe:
    """Return the recipe of a document that has a section `tune`; `read` reads documents that have none.

    Its faults are those of the recipe, those of the section, and those that its values would cause.
    """
    found = read(variant(document, {}, {}))
    reading = Reading(document)
    config = read_tune(reading, document.tree["tune"])
    space = {}
    for key, dimension in config.space.items():
        refused = Refused(document, key, read, found.faults)
        space[key] = refused.resolved(dimension)
        reading.faults += refused.faults(space[key])
    recipe = replace(found.recipe, tune=replace(config, space=space))
    return replace(found, recipe=recipe, faults=(*found.faults, *reading.faults))


def variant(document: Document, values: Mapping[str, Any], places: Mapping[str, Place]) -> Document:
    """Return a copy of a document without its section `tune`, with these values at their keys."""
    found = copy.deepcopy(document)
    found.tree.pop("tune", None)
    found.forget(("tune",))
    for key, value in values.items():
        set_value(found, key, copy.deepcopy(value), places[key])
    return found


def tried(document: Document, config: TuneConfig) -> Iterator[tuple[str, Any, Place]]:
    """Yield (key, value, place) of what stands for all values of a space: every choice, both ends of a range."""
    for key, dimension in config.space.items():
        yield from ((key, value, place) for value, place in _values(document, key, dimension))


def fault_of(key: str, value: Any, place: Place, fault: Fault) -> Fault:
    """Return the fault of a space's value that causes a fault of the recipe."""
    path = dotted(tuple(steps_of(key)))
    cause = f"{fault.path}." if fault.path else ""
    own = cause and (f"{path}.".startswith(cause) or cause.startswith(f"{path}."))
    reason = fault.message if own else f"the recipe should be valid with {show(value)}. Found: {_said(fault)}"
    return place.named(dotted((*SPACE, key))).fault(reason)


def _said(fault: Fault) -> str:
    return f"{fault.path}: {fault.message}" if fault.path else fault.message


def _values(document: Document, key: str, dimension: Dimension) -> list[tuple[Any, Place]]:
    here = (*SPACE, key)
    if isinstance(dimension, Range):
        return [(getattr(dimension, end), document.place((*here, end))) for end in ("low", "high")]
    return [(choice, document.place((*here, i))) for i, choice in enumerate(dimension)]


class Refused:
    """What a recipe refuses at a key; `known` are its faults without a value there."""

    def __init__(self, document: Document, key: str, read: Read, known: Collection[Fault]) -> None:
        self.document, self.key, self.read, self.known = document, key, read, known

    def resolved(self, dimension: Dimension) -> Dimension:
        """Return a dimension as it is drawn from: numbers written as whole ones are, where the key takes no others."""
        if not isinstance(dimension, Range) or not dimension.whole or dimension.step is not None:
            return dimension
        between = dimension.low + 0.5
        return replace(dimension, whole=bool(self._faults(between, self.document.place((*SPACE, self.key)))))

    def faults(self, dimension: Dimension) -> list[Fault]:
        """Return a fault for each value that is refused; what holds for all values is said once."""
        found: dict[str, Fault] = {}
        for value, place in _values(self.document, self.key, dimension):
            for fault in self._faults(value, place):
                refused = fault_of(self.key, value, place, fault)
                found.setdefault(refused.message, refused)
        return list(found.values())

    def _faults(self, value: Any, place: Place) -> list[Fault]:
        found = self.read(variant(self.document, {self.key: value}, {self.key: place}))
        return [fault for fault in found.faults if fault not in self.known]
