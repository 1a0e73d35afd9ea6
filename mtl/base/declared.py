"""Recipe keys, each declared once: an attribute of a frozen value, marked as a `Key`.

The declaration gives the schema that a recipe is checked against, the defaults, what a filled recipe writes, and the
documentation that the command line prints.
"""

from __future__ import annotations

import dataclasses
import functools
import typing
from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

import pydantic

STRICT = pydantic.ConfigDict(extra="forbid", strict=True, frozen=True)
Natural = Annotated[int, pydantic.Field(ge=0)]
Count = Annotated[int, pydantic.Field(gt=0)]
Positive = Annotated[float, pydantic.Field(gt=0)]
FromZero = Annotated[float, pydantic.Field(ge=0)]
SAME: Any = object()  # what a recipe writes is what the attribute holds


@dataclasses.dataclass(frozen=True)
class Key:
    """Marks an attribute as a recipe key: `patience: Annotated[Count | None, Key("evaluations that …")] = None`.

    The attribute's name, type and default are the key's; `written` is the type and `default` the default of what a
    recipe writes where that is something else. `meaning` is the key's line in the documentation, and `note` what there
    is to say beyond it. A key that is read `apart` has rules of its own: the schema takes anything for it. One that
    holds a `component`, of the kind that it is named like, says here which type it is where none is written. `called`
    is the key's name where no attribute can have it (`from`).

    Closed to further keys by a line alone are a source and a module, whose other keys are those of their classes, and
    a group of `share`, whose other keys are those of its module.
    """

    meaning: str
    note: str = ""
    apart: bool = False
    component: str = ""
    called: str = ""
    written: Any = SAME
    default: Any = SAME


class Inside:
    """Marks an attribute whose own keys are keys of the section: `front_end: Annotated[FrontEnd, Inside()]`."""


class DeclaredKey(NamedTuple):
    """A key of a section, as a recipe writes it; its type is `Any` where it is read on its own."""

    name: str
    type: Any
    required: bool
    default: Any
    meaning: str
    note: str = ""
    apart: bool = False
    component: str = ""


@functools.cache
def keys(section: type) -> Mapping[str, DeclaredKey]:
    """Return the keys that a section declares, by name, in their order."""
    types = typing.get_type_hints(section, include_extras=True)
    found = {}
    for field in dataclasses.fields(section):
        for key in getattr(types[field.name], "__metadata__", ()):
            if isinstance(key, Key):
                found[key.called or field.name] = _declared(field, types[field.name], key)
            elif isinstance(key, Inside):
                found.update(keys(types[field.name].__origin__))
    return found


@functools.cache
def inside(section: type) -> tuple[str, ...]:
    """Return the attributes of a section that hold keys of it."""
    types = typing.get_type_hints(section, include_extras=True)
    marked = {name: getattr(hint, "__metadata__", ()) for name, hint in types.items()}
    return tuple(name for name, marks in marked.items() if any(isinstance(mark, Inside) for mark in marks))


def _declared(field: dataclasses.Field[Any], annotation: Any, key: Key) -> DeclaredKey:
    written = (Any if key.apart else annotation) if key.written is SAME else key.written
    default, meaning = key.default, key.meaning
    if key.component:
        default, meaning = None, f"{meaning}; {key.component} (`mtl components {field.name}`)"
    elif default is SAME:
        made = field.default_factory
        default = field.default if made is dataclasses.MISSING else made()
        default = list(default) if isinstance(default, tuple) else default
    required = default is dataclasses.MISSING
    return DeclaredKey(
        key.called or field.name,
        written,
        required,
        None if required else default,
        meaning,
        key.note,
        key.apart,
        key.component,
    )


def defaults(section: type) -> dict[str, Any]:
    """Return what each key is where nothing is written; None where something has to be."""
    return {name: key.default for name, key in keys(section).items()}


def filled_section(section: type, values: Mapping[str, Any], **beside: Any) -> Any:
    """Return a section with these values of its keys; `beside` are attributes that are no keys.

    Keys of a part that is `Inside` go into that part.
    """
    types = typing.get_type_hints(section, include_extras=True)
    parts = {name: types[name].__origin__ for name in inside(section)}
    within = {name: {key: values[key] for key in keys(part)} for name, part in parts.items()}
    own = {key: value for key, value in values.items() if not any(key in found for found in within.values())}
    return section(**own, **{name: part(**within[name]) for name, part in parts.items()}, **beside)


def plain(section: type) -> tuple[str, ...]:
    """Return the names of the keys that the schema alone checks."""
    return tuple(name for name, key in keys(section).items() if not key.apart)


@functools.cache
def schema(section: type, optional: frozenset[str] = frozenset()) -> type[pydantic.BaseModel]:
    """Return the pydantic model of a section: strict, frozen, unknown keys forbidden.

    Keys that are read on their own are `Any` here; their reader says where one is missing. Those in `optional` may
    be left out, or null, here.
    """
    fields: dict[str, Any] = {}
    for name, key in keys(section).items():
        if key.apart:
            fields[name] = (Any, None)
        elif name in optional:
            fields[name] = (typing.Optional[key.type], None)  # noqa: UP045  # made at run time
        else:
            fields[name] = (key.type, ... if key.required else key.default)
    model: type[pydantic.BaseModel] = pydantic.create_model(section.__name__, __config__=STRICT, **fields)
    return model
