"""`from:` of a module: what the recipe leaves out of its configuration is written in, as the run has it.

Nothing but the kind is compared here: a check does the rest, when the whole graph is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..base.registry import KINDS, address_keys, file_keys, lookup
from ..base.registry import names as registered
from ..graph.rules.label_sets import NAMES
from ..graph.sharing_graph import SharingGraph
from ..recipe.document import Steps
from ..recipe.modules import ModuleConfig
from .components import a, normalised
from .draft import Reading, TaskDraft
from .groups import GROUP_KEYS
from .origins import Origin, Taken, like
from .ties import nested_keys

GraphOf = Callable[[Path], tuple[SharingGraph | None, str]]  # of a run: its graph, or why there is none


def fill_from_runs(reading: Reading, drafts: Sequence[TaskDraft], graph_of: GraphOf) -> None:
    """Fill in every module that comes from a run; paths of runs become absolute ones.

    A module that has no type, and whose run cannot say which, is `unread` after its fault was noted.
    """
    for home, raw, names in list(_modules(reading, drafts)):
        _fill(reading, home, raw, names, graph_of)


def _modules(reading: Reading, drafts: Sequence[TaskDraft]) -> Iterator[tuple[Steps, dict[str, Any], list[str]]]:
    """Yield what is written of modules, at slots and in groups, with the names that a run may have them by."""
    for draft in drafts:
        for slot, home in draft.homes():
            raw: Any = draft.model
            for step in home[3:]:
                raw = raw.get(step) if isinstance(raw, Mapping) else None
            if isinstance(raw, dict):
                yield home, raw, [f"{draft.name}.{slot.name}"]
    share = reading.document.tree.get("share")
    for name, raw in share.items() if isinstance(share, dict) else ():
        if isinstance(raw, dict) and not raw.keys() <= set(GROUP_KEYS):
            members = raw.get("members")
            listed = members if isinstance(members, list) else [members]
            yield ("share", name), raw, [*(m for m in listed if isinstance(m, str) and "*" not in m), name]


def _fill(reading: Reading, home: Steps, raw: dict[str, Any], names: list[str], graph_of: GraphOf) -> None:
    written = raw.get("from")
    if isinstance(written, str) and written:
        origin = Origin.of(written, reading.base)
        raw["from"] = str(origin)
        graph, reason = graph_of(origin.run)
        wanted = names if origin.component is None else [origin.component]
        component = None if graph is None else like(graph, wanted)
        if graph is not None and component is not None:
            reading.taken[home] = Taken(origin.run, graph, component)
            _complete(raw, graph.components[component].config)
        elif raw.get("type") is None:
            if graph is not None:
                reason = no_component(graph, origin, wanted)
            reading.fault((*home, "from"), reason)
            reading.unread.add(home)
    for key, named in _keys_of_modules(raw.get("type")):
        value = raw.get(key)
        if isinstance(value, dict) and not named:
            _fill(reading, (*home, key), value, [f"{name}.{key}" for name in names], graph_of)
        elif isinstance(value, dict):
            for part, inner in value.items():
                if isinstance(inner, dict):
                    _fill(reading, (*home, key, part), inner, [f"{name}.{part}" for name in names], graph_of)


def _keys_of_modules(name: Any) -> list[tuple[str, bool]]:
    """Return the keys that hold modules, and whether these are named, of classes of this name; of all without one."""
    kinds = [kind for kind in KINDS if name is None or name in registered(kind)]
    classes = [lookup(kind, one) for kind in kinds for one in ([name] if name is not None else registered(kind))]
    return list(dict.fromkeys((key, named) for cls in classes for key, _, named in nested_keys(cls)))


def no_component(graph: SharingGraph, origin: Origin, wanted: Sequence[str]) -> str:
    """Return the sentence for a run that has no component of these names."""
    named = " or ".join(f"'{name}'" for name in wanted)
    return (
        f"'{origin.run}' should have a component {named}. Found {', '.join(graph.components)}. "
        "Name the one that is meant: RUN#COMPONENT."
    )


def of_another_kind(taken: Taken, kind: str) -> str | None:
    """Return the sentence for a component of a run that is not of the kind of the module it is for, else None."""
    components = taken.graph.components
    found = components[taken.component].kind
    if found == kind:
        return None
    alike = [name for name, component in components.items() if component.kind == kind]
    which, what = (a(NAMES.get(one, one)) for one in (kind, found))
    change = (
        f"It has {', '.join(alike)}: name the one that is meant, RUN#COMPONENT."
        if alike
        else "It has none: leave 'from' out."
    )
    return f"should name {which} of '{taken.run}'. Found '{taken.component}', {what}. {change}"


def _complete(raw: dict[str, Any], config: ModuleConfig) -> None:
    """Write into a module what it leaves out, and into its parts that have no `from` of their own."""
    if raw.get("type") not in (None, config.type):
        return
    raw["type"] = config.type
    left = {*address_keys(config.cls), *file_keys(config.cls)}
    for key, value in config.values.items():
        if key not in raw and key not in left:
            raw[key] = as_written(value)
        elif isinstance(value, ModuleConfig):
            raw[key] = _completed(raw[key], value)
        elif _named_parts(value) and isinstance(raw[key], dict):
            parts = {part: _completed(raw[key].get(part), inner) for part, inner in value.items()}
            raw[key] = {**parts, **{part: raw[key][part] for part in raw[key] if part not in parts}}


def _completed(written: Any, config: ModuleConfig) -> Any:
    raw = normalised(written)
    if raw is not None and "from" not in raw:
        _complete(raw, config)
    return written if raw is None else raw


def as_written(value: Any) -> Any:
    """Return a value of a configuration as a recipe has it, without where its module came from."""
    if isinstance(value, ModuleConfig):
        left = file_keys(value.cls)
        return {"type": value.type, **{k: as_written(v) for k, v in value.values.items() if k not in left}}
    if _named_parts(value):
        return {part: as_written(inner) for part, inner in value.items()}
    return value


def _named_parts(value: Any) -> bool:
    return isinstance(value, dict) and any(isinstance(inner, ModuleConfig) for inner in value.values())
