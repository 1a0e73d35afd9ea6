"""Reading the configuration of a registered class that holds no modules: a mixture, an optimizer, a metric."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from ..base import registry
from ..base.errors import slip_for
from ..recipe.document import Steps, dotted, show
from ..recipe.modules import ModuleConfig
from ..recipe.schema import closest, fitted_to, unknown_key
from .draft import Reading


def read_component(
    reading: Reading, kind: str, raw: Any, steps: Steps, default: str | None = None, key: str = "type"
) -> ModuleConfig | None:
    """Return the configuration written at `steps`, or None after noting its faults.

    A bare name means `{type: name}`; `default` is the type where none is written; `key` is what the type is
    called.
    """
    values = normalised(raw, key)
    if values is None:
        reading.fault(steps, f"should be {a(kind)}'s name, or a mapping with its '{key}'. Found {show(raw)}.")
        return None
    name = values.pop(key, default)
    written: dict[str, Steps] = {inner: (*steps, inner) for inner in values}
    at = (*steps, key) if isinstance(raw, Mapping) and key in raw else steps
    cls = find_class(reading, kind, name, at, written, (key,), (key,))
    known = known_name(reading, kind, name)
    if known is None:
        return None
    fields = registry.schema(registry.lookup(kind, known))
    what, elsewhere = f"the {kind} '{known}'", partial(registry.with_key, kind)
    checked, faults = fitted_to(fields, values, reading.document, steps, what, (key,), elsewhere)
    reading.faults += faults
    if cls is None or checked is None:
        return None
    return ModuleConfig(kind, name, checked, place=reading.document.place(steps))


def normalised(raw: Any, key: str = "type") -> dict[str, Any] | None:
    """Return a configuration as a new mapping; None where it is neither a mapping nor a name nor empty."""
    if raw is None:
        return {}
    if isinstance(raw, str):
        return {key: raw}
    return dict(raw) if isinstance(raw, Mapping) else None


def known_name(reading: Reading, kind: str, name: Any) -> str | None:
    """Return a name that is registered, also the one that a misspelled name stands for; else None.

    By it everything else that is wrong with what is written there is found, too.
    """
    if not isinstance(name, str) or name in registry.names(kind):
        return name if isinstance(name, str) else None
    if reading.strangers or any(name in registry.names(other) for other in registry.KINDS):
        return None
    return slip_for(name, registry.names(kind))


def find_class(
    reading: Reading,
    kind: str,
    name: Any,
    steps: Steps,
    written: Mapping[str, Steps] = MappingProxyType({}),
    general: Collection[str] = (),
    naming: Collection[str] = (),
) -> type | None:
    """Return the class registered under a name, or None after noting that there is none.

    Nothing is noted where a plugin that could not be imported may have it. Without a name, the keys that are `written`
    beside it and are misspelled ones of the `general` keys are noted, and that there is no type unless one of them
    was probably meant to be one of those `naming` it.
    """
    if isinstance(name, str):
        if name in registry.names(kind):
            return registry.lookup(kind, name)
        if reading.strangers:
            return None
        place = reading.document.place(steps[:-1] if steps[-1] in ("type", "format") else steps)
        message = registry.unknown(kind, name, called="format" if kind == "source" else None)
        reading.faults.append(reading.document.place(steps).named(place.path).fault(message))
    elif name is None:
        if misspelled(reading, kind, written, general).isdisjoint(naming):
            reading.key_fault(steps, f"should have a 'type', the name of {a(kind)}. There is none.")
    else:
        reading.fault(steps, f"should be the name of {a('format' if kind == 'source' else kind)}. Found {show(name)}.")
    return None


def misspelled(reading: Reading, kind: str, written: Mapping[str, Steps], general: Collection[str]) -> set[str]:
    """Note the keys that no class of a kind has and that are like general ones; return what they are like."""
    own = {key for name in registry.names(kind) for key in registry.recipe_keys(registry.lookup(kind, name))}
    found = set()
    for key, steps in written.items():
        meant = None if key in own or key in general else closest(key, general)
        if meant is not None:
            place = reading.document.key_place(steps).named(dotted(steps[:-1]))
            reading.faults.append(place.fault(unknown_key(key, general, a(kind))))
            found.add(meant)
    return found


def a(noun: str) -> str:
    """Return a noun with its article.

    >>> a("embedding"), a("decoder")
    ('an embedding', 'a decoder')
    """
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
