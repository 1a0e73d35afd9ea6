"""`mtl components`: what a recipe can name, read from the registered classes themselves."""

from __future__ import annotations

import inspect
import json
import re
import textwrap
import types
import typing
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ..base import registry
from ..base.errors import UsageError, near_miss
from ..base.visible import visible
from ..compile.keys import SECTIONS, keys
from ..compile.loading import register_built_in

WIDTH = 100  # of what is wrapped
RECIPE = "recipe"  # in place of a kind: what is not a component's
LETTERS = {"B": "rows", "T": "tokens", "P": "pieces of tokens", "D": "a vector's size"}  # what all shapes mean by them


def components_command(
    kind: str | None, name: str | None, *, plugins: tuple[str, ...] = (), full: bool = False
) -> None:
    """Print kinds and names, the names of one kind, the keys of one component, or those of recipes in general.

    A `kind` that is none may be the name of components: of all kinds that have it. With `full`, names come with all
    that one component alone would be printed with.
    """
    register_built_in()
    registry.load_plugins(plugins, Path())
    kinds = (RECIPE, *registry.KINDS)
    named = (
        [] if kind is None or kind in kinds else [other for other in registry.KINDS if kind in registry.names(other)]
    )
    if kind is not None and kind not in kinds and (name is not None or not named):
        raise UsageError(_unknown(kind, kinds, name))
    if kind == RECIPE and name is not None:
        raise UsageError(f"'{RECIPE}' should come without a name: it is not a kind. Found '{name}'.")
    if kind == RECIPE:
        lines = general()
    elif kind is None and full:
        lines = all_of((other, name) for other in registry.KINDS for name in registry.names(other))
    elif kind is None:
        lines = everything()
    elif named:
        lines = all_of((other, kind) for other in named)
    elif name is None and full:
        lines = all_of((kind, own) for own in registry.names(kind))
    elif name is None:
        lines = name_lines(kind)
    else:
        lines = describe(kind, name)
    for line in lines:
        print(visible(line))


def general() -> Iterator[str]:
    """Yield the keys that every recipe can have, section by section, as it declares them."""
    for number, section in enumerate(SECTIONS):
        if number:
            yield ""
        yield section
        rows = [("key", "type", "default", "what it is")]
        for key in keys(section):
            default = "(required)" if key.required else "" if key.type is Any else written(key.default)
            rows.append((key.name, "" if key.type is Any else type_text(key.type), default, key.meaning))
        yield from (f"  {line}" for line in columns(rows))
        for key in keys(section):
            if key.note:
                yield ""
                line = f"{key.name}: {key.note}"
                yield from textwrap.wrap(line, WIDTH, initial_indent="  ", subsequent_indent="    ")


def everything() -> Iterator[str]:
    """Yield every kind with its components."""
    for number, kind in enumerate(k for k in registry.KINDS if registry.names(k)):
        if number:
            yield ""
        yield kind
        yield from (f"  {line}" for line in name_lines(kind))
    yield ""
    yield f"The general keys of a recipe: `mtl components {RECIPE}`."


def name_lines(kind: str) -> Iterator[str]:
    """Yield one line per component of this kind: its name and the first sentence about it."""
    rows = [(name, sentence(registry.lookup(kind, name))) for name in registry.names(kind)]
    yield from columns(rows)


def all_of(components: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield what there is to say of several components, each by its kind and name."""
    for number, (kind, name) in enumerate(components):
        if number:
            yield ""
        yield from describe(kind, name)


def _unknown(kind: str, kinds: Sequence[str], name: str | None) -> str:
    what, known = "no kind of component", list(kinds)
    if name is None:
        what = "neither a component nor a kind of them"
        known += [component for other in registry.KINDS for component in registry.names(other)]
    return f"{what} is called '{kind}'.{near_miss(kind, known)} Kinds: {', '.join(kinds)}."


def describe(kind: str, name: str) -> Iterator[str]:
    """Yield what a recipe may write for one component, its documentation, and where it comes from."""
    cls = registry.lookup(kind, name)
    yield f"{kind} '{name}' ({cls.__module__}.{cls.__qualname__})"
    yield ""
    yield from (f"  {line}".rstrip() for line in (inspect.getdoc(cls) or "").splitlines())
    yield ""
    if shapes := shapes_of(cls):
        yield from textwrap.wrap(f"Shapes: {shapes}", WIDTH, initial_indent="  ", subsequent_indent="    ")
        yield ""
    written_keys = registry.recipe_keys(cls)
    if not written_keys:
        yield "It has no keys."
        return
    yield "Keys:"
    rows = [("key", "type", "default")]
    for key, parameter in written_keys.items():
        default = "(required)" if parameter.default is parameter.empty else written(parameter.default)
        rows.append((key, type_text(parameter.annotation), default))
    yield from (f"  {line}" for line in columns(rows))


def shapes_of(cls: type) -> str:
    """Return what a module computes from what, as its `forward` says, with common letters explained; else nothing.

    >>> class Last:
    ...     def forward(self):
    ...         "Return [B, D] for [B, T, D]."
    >>> shapes_of(Last)
    "[B, D] for [B, T, D]. B: rows, T: tokens, D: a vector's size."
    """
    said = inspect.getdoc(getattr(cls, "forward", None)) or ""
    first = " ".join(said.split("\n\n", 1)[0].split())
    if not first.startswith("Return "):
        return ""
    used = set(re.findall(r"\b[A-Z]\b", " ".join(re.findall(r"\[[^]]*]", first))))
    legend = ", ".join(f"{letter}: {meaning}" for letter, meaning in LETTERS.items() if letter in used)
    return first.removeprefix("Return ") + (f" {legend}." if legend else "")


def sentence(cls: type) -> str:
    """Return the first line of a class's own documentation."""
    lines = (cls.__doc__ or "").strip().splitlines()
    return lines[0].strip() if lines else ""


def columns(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Yield rows with their cells one below the other.

    >>> list(columns([("a", "first"), ("long", "second")]))
    ['a     first', 'long  second']
    """
    if not rows:
        return
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def written(value: object) -> str:
    """Return a default as a recipe writes it.

    >>> written(None), written(True), written(0.5), written("max"), written([128])
    ('null', 'true', '0.5', 'max', '[128]')
    >>> written("\\t"), written("")
    ('"\\\\t"', '""')
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{', '.join(written(item) for item in value)}]"
    if isinstance(value, str) and (not value.strip() or not value.isprintable()):
        return json.dumps(value)  # a tab, say: as YAML writes it too
    return str(value)


def type_text(annotation: Any) -> str:
    """Return a key's type as words of a recipe.

    >>> type_text(int | None), type_text(list[int]), type_text(typing.Literal["relu", "tanh"])
    ('int or null', 'list of int', 'relu | tanh')
    >>> type_text(Sequence[int] | None)
    'list of int or null'
    """
    nested = registry.nested_kind(annotation)
    if nested is not None:
        kind, named = nested
        return f"{kind}s by name" if named else kind
    if annotation is Any:
        return "anything"
    if annotation is type(None):
        return "null"
    if annotation is registry.Address:
        return "address (task.module)"
    if annotation is registry.InitialFile:
        return "file"
    if annotation is registry.InitialFolder:
        return "folder"
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return type_text(arguments[0])
    if origin is typing.Literal:
        return " | ".join(written(value) for value in arguments)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(type_text(argument) for argument in arguments)
    if origin in (list, tuple, Sequence):
        return f"list of {type_text(arguments[0])}" if arguments else "list"
    if origin is dict:
        return f"{type_text(arguments[1])} by {type_text(arguments[0])}"
    return getattr(annotation, "__name__", str(annotation))
