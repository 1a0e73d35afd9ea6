"""What an object was made with, by the names of its constructor's arguments: its identity beside its class."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Mapping
from typing import Any

Options = tuple[tuple[str, object], ...]


def options_of(init: Callable[..., None], *args: Any, **options: Any) -> Options:
    """Return the arguments of a constructor by name, defaults filled in; the first one is the object itself."""
    signature = inspect.signature(init)
    bound = signature.bind_partial(*args, **options)
    bound.apply_defaults()
    noted: dict[str, object] = {}
    for name, value in list(bound.arguments.items())[1:]:
        kind = signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_KEYWORD:
            noted.update(value)
        elif kind is not inspect.Parameter.VAR_POSITIONAL or value:
            noted[name] = value
    return tuple(noted.items())


def hashable(value: object) -> Hashable:
    """Return what represents an option in a key: itself or, for a mutable collection, its items."""
    if isinstance(value, Mapping):
        return tuple(sorted((str(k), hashable(v)) for k, v in value.items()))
    if isinstance(value, (list, tuple)):
        return tuple(hashable(item) for item in value)
    if isinstance(value, (set, frozenset)):
        return tuple(sorted(repr(item) for item in value))  # a set has no order of its own
    return value if isinstance(value, Hashable) else repr(value)
