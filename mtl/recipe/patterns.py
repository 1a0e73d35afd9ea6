"""Settings whose path has `**` for any steps: which keys of a recipe they set, and what to write where it is none."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from typing import Any

from ..base.errors import slip_for, some
from .yaml_core import dump

ANY = "**"
TYPES = ("type", "format")  # keys that say what a mapping is
_MOST = 3  # paths that a message names

Path = tuple[str, ...]


def matching(tree: Any, steps: list[str]) -> list[list[str]]:
    """Return the steps to every key that is written, once each, and that steps with `**` among them stand for."""
    return [list(path) for path in dict.fromkeys(map(tuple, _matching(tree, steps)))]


def _matching(tree: Any, steps: list[str]) -> Iterator[list[str]]:
    inner = _inner(tree)
    first, *rest = steps
    if first == ANY and rest:
        yield from _matching(tree, rest)
        if len(rest) > 1 and any(inner.get(key) == rest[0] for key in TYPES):
            yield from _matching(tree, rest[1:])
    for key, value in inner.items():
        if first == ANY:
            yield from ([str(key), *found] for found in _matching(value, steps))
        elif str(key) == first:
            yield from ([first, *found] for found in (_matching(value, rest) if rest else [[]]))


def instead(tree: Any, steps: list[str], text: str, filled: Any) -> str:
    """Return what to write in place of a pattern that matches nothing, after a space, or an empty string.

    `filled` is the recipe with its defaults, where it could be read: a key that it has alone is named by its full path.
    """
    if defaults := matching(filled, steps):
        written = [f"--set {shlex.quote(_setting(tree, filled, path, text))}" for path in defaults[:_MOST]]
        more = f" (and so on for {len(defaults) - _MOST:,} more)" if len(defaults) > _MOST else ""
        return f" Name what it leaves at its default by its full path: {' '.join(written)}{more}."
    for paths in (list(_paths(tree)), list(_paths(filled))):
        close = slip_for(steps[-1], [path[-1] for path in paths])
        if close is not None:
            there = some([".".join(path) for path in paths if path[-1] == close], _MOST)
            return f" '{close}' is at {there}." if close == steps[-1] else f" Did you mean '{close}', as in {there}?"
    return ""


def _paths(tree: Any, before: Path = ()) -> Iterator[Path]:
    """Yield the steps to every key of mappings."""
    for key, value in _inner(tree).items():
        if isinstance(tree, dict):
            yield (*before, str(key))
        yield from _paths(value, (*before, str(key)))


def _setting(tree: Any, filled: Any, path: list[str], text: str) -> str:
    """Return the setting of a key that a recipe does not write: where it names a thing in short, of the whole thing."""
    here, whole = tree, filled
    for number, step in enumerate(path):
        if isinstance(here, str) or (isinstance(here, list) and isinstance(whole, dict)):
            inner = _long(path[:number], here, whole, path[number:])
            return f"{_joined(path[:number])}={_flow({**inner, **_nested(path[number:], inner)}, text)}"
        here, whole = _inner(here).get(_key(here, step)), _inner(whole).get(_key(whole, step))
        if here is None:
            break
    return f"{_joined(path)}={text}"


def _long(path: list[str], short: Any, whole: Any, rest: list[str]) -> dict[str, Any]:
    """Return the mapping that a thing written in short stands for: the members of a group, a column, a type."""
    if isinstance(short, list):
        return {"members": short}
    if path[0] == "tasks" and path[2:3] == ["inputs"]:
        return {"column": short} if len(path) > 3 else {rest[0]: {"column": short}}
    return {next((key for key in TYPES if key in whole), "type"): short}


def _nested(steps: list[str], inside: dict[str, Any]) -> dict[str, Any]:
    """Return the mappings down to a key, with a mark where its value belongs."""
    first, *rest = steps
    there = inside.get(first)
    kept = there if isinstance(there, dict) else {}
    return {first: {**kept, **_nested(rest, kept)} if rest else _MARK}


_MARK = "VALUE"


def _flow(value: Any, text: str) -> str:
    if value == _MARK:
        return text
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(inner, text)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(inner, text) for inner in value) + "]"
    plain = dump([value]).strip()[1:-1]
    return json.dumps(value, ensure_ascii=False) if plain.startswith("'") else plain  # the shell's quotes are single


def _joined(path: list[str]) -> str:
    return ".".join(f'"{step}"' if "." in step else step for step in path)


def _inner(tree: Any) -> dict[Any, Any]:
    return dict(enumerate(tree)) if isinstance(tree, list) else tree if isinstance(tree, dict) else {}


def _key(tree: Any, step: str) -> Any:
    return int(step) if isinstance(tree, list) else step
