"""Modules that read in one direction: which do, which there are, and parts of a composite that should."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import Parameter
from typing import TYPE_CHECKING, Any

from ...base import registry
from ...base.errors import Fault, listing
from ...recipe.modules import ModuleConfig

if TYPE_CHECKING:
    from ..sharing_graph import SharingGraph

READING = ("embedding", "representation")


def parts_read_in_their_direction(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: a part that should read forwards makes no token's vector from later tokens; backwards, from earlier."""
    told: set[tuple[str, bool]] = set()
    for address, whole in graph.addresses().items():
        for part, direction in getattr(whole.cls, "directions", {}).items():
            for inner, config in _within(f"{address}.{part}", whole.parts[part]) if part in whole.parts else ():
                backward = direction == "backward"
                told_as = graph.component_of(inner), backward
                if told_as in told or config.kind not in READING or reads(config, backward):
                    continue
                told.add(told_as)
                yield config.place.fault(
                    f"should be {'anti' if backward else ''}causal, as '{part}' of '{whole.type}' reads {direction}s. "
                    f"Found '{config.type}', whose vectors depend on {'earlier' if backward else 'later'} tokens. "
                    f"{readers(config, backward)}"
                )


def reads(config: ModuleConfig, backward: bool) -> bool:
    """Say whether a module's vectors depend on no later token; backwards, on no earlier one."""
    fits = config.cls.anticausal if _asked_backwards(config, backward) else config.cls.causal
    return bool(fits(config.values))


def readers(config: ModuleConfig, backward: bool) -> str:
    """Return the sentence that names what there is instead of a module that reads otherwise."""
    if backward and config.kind == "representation":
        return _anticausal()
    which = f"{'Anticausal' if backward else 'Causal'} {config.kind}s"
    by_default, switched = _by_default(config.kind, backward), _switched(config.kind, backward)
    if not switched:
        return f"{which}, with the defaults of their keys: {listing(by_default)}."
    return f"{which}: {listing(switched)}; with the defaults of their keys: {listing(by_default)}."


def _within(address: str, config: ModuleConfig) -> Iterator[tuple[str, ModuleConfig]]:
    """Yield a module and all its parts with their addresses."""
    yield address, config
    for name, part in config.parts.items():
        yield from _within(f"{address}.{name}", part)


def _asked_backwards(config: ModuleConfig, backward: bool) -> bool:
    return backward and not (config.kind == "representation" and config.parts)


def _anticausal() -> str:
    found = []
    for name in registry.names("representation"):
        cls, keys = _keys("representation", name)
        if "direction" in keys and cls.anticausal({**keys, "direction": "backward"}):
            found.append(name)
    others = [name for name in _by_default("representation", True) if name not in found]
    by_default = f"; with the defaults of their keys: {listing(others)}" if others else ""
    return f"Anticausal representations: {listing(found)} with 'direction: backward'{by_default}."


def _switched(kind: str, backward: bool) -> list[str]:
    """Return the modules that read so where one of their keys is true, each with that key."""
    found = []
    for name in set(registry.names(kind)) - set(_by_default(kind, backward)):
        cls, keys = _keys(kind, name)
        fits = cls.anticausal if backward else cls.causal
        if Parameter.empty not in keys.values():
            off = [key for key, value in keys.items() if value is False]
            found += [f"{name} with '{key}: true'" for key in off if fits({**keys, key: True})]
    return sorted(found)


def _by_default(kind: str, backward: bool) -> list[str]:
    found = []
    for name in registry.names(kind):
        cls, keys = _keys(kind, name)
        fits = cls.anticausal if backward else cls.causal
        if Parameter.empty not in keys.values() and fits(keys):
            found.append(name)
    return found


def _keys(kind: str, name: str) -> tuple[Any, dict[str, Any]]:
    cls: Any = registry.lookup(kind, name)
    return cls, {key: parameter.default for key, parameter in registry.recipe_keys(cls).items()}
