"""Reading sources: those under `sources:`, and those that a task writes inline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..base import registry
from ..base.declared import plain, schema
from ..base.errors import MtlError, listing, near_miss
from ..recipe.config import SourceConfig
from ..recipe.document import Steps, show
from ..recipe.schema import check_at, closest, unknown_key
from .components import misspelled, read_component
from .draft import Reading, check_name


def read_sources(reading: Reading, raw: Any) -> dict[str, SourceConfig | None]:
    """Return the top-level sources; None for those with faults."""
    found: dict[str, SourceConfig | None] = {}
    for name, value in reading.mapping(raw, ("sources",), "sources by name").items():
        check_name(reading, name, ("sources", name))
        found[name] = read_source(reading, name, value, ("sources", name))
    return found


def read_source(reading: Reading, name: str, raw: Any, steps: Steps) -> SourceConfig | None:
    """Return a source; None after noting its faults."""
    if not isinstance(raw, Mapping):
        reading.fault(steps, f"should be a mapping with a 'format'. Found {show(raw)}.")
        return None
    if "format" not in raw:
        known = ", ".join(registry.names("source"))
        written = {key: (*steps, key) for key in raw}
        if "format" not in misspelled(reading, "source", written, [*plain(SourceConfig), "format"]):
            reading.key_fault(steps, f"should have a key 'format', one of {known}. There is none.")
        return None
    faults = len(reading.faults)
    divided, rest = _divided(reading, raw, steps)
    config = read_component(reading, "source", rest, steps, key="format")
    if config is None or len(reading.faults) > faults:
        return None
    try:
        source = config.cls(**config.values)
    except (MtlError, ValueError) as error:
        reading.refused(error, steps)
        return None
    for key in divided if not source.held_out.shares else ():
        message = "should come with a share of train as dev or test, such as 'dev: 10%'. Found no share."
        reading.key_fault((*steps, key), message)
    return SourceConfig(name, config.type, config.values, **divided, place=config.place)


def _divided(reading: Reading, raw: Mapping[str, Any], steps: Steps) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the keys that every source has and that say how train is divided, and those of the format.

    Notes what is wrong with them, and with shares that are written as numbers.
    """
    general = plain(SourceConfig)
    divided = {key: raw[key] for key in general if raw.get(key) is not None}
    rest = {key: value for key, value in raw.items() if key not in general}
    written = {key: (*steps, key) for key in divided}
    checked, faults = check_at(schema(SourceConfig), divided, reading.document, written, steps, "a source")
    reading.faults += faults
    name = raw["format"]
    fields = (
        registry.schema(registry.lookup("source", name)).model_fields
        if isinstance(name, str) and name in registry.names("source")
        else {}
    )
    for key in [key for key in rest if fields and key not in fields and key != "format"]:
        if closest(key, [*fields, *general]) in general:
            reading.key_fault((*steps, key), unknown_key(key, general, f"the source '{name}'"))
            del rest[key]
    for key in [key for key in ("dev", "test") if key in fields and isinstance(rest.get(key), int | float)]:
        value = rest.pop(key)
        meant = f" Write '{key}: {100 * value:g}%'." if 0 < value < 1 else ""
        reading.fault((*steps, key), f"should be a file, or a share of train such as 10%. Found {show(value)}.{meant}")
    return divided if checked is not None else {}, rest


def source_named(task: str, raw: Any, sources: Mapping[str, SourceConfig | None]) -> str | None:
    """Return the name of the source that a task is written with; None where that is not known."""
    written = raw.get("source") if isinstance(raw, Mapping) else None
    name = task if isinstance(written, Mapping) else written
    return name if isinstance(name, str) and name in sources else None


def read_task_source(
    reading: Reading, task: str, raw: Any, steps: Steps, sources: dict[str, SourceConfig | None]
) -> str | None:
    """Return the name of a task's source; one that is written inline joins the others under the task's name."""
    if raw is None:
        reading.key_fault(steps, "should have a key 'source', a source's name or a source. There is none.")
        return None
    here: Steps = (*steps, "source")
    if isinstance(raw, str):
        if raw in sources:
            return raw
        hint = near_miss(raw, sources) or f" There are: {listing(sources)}."
        reading.fault(here, f"no source named '{raw}'.{hint}")
        return None
    if isinstance(raw, Mapping) and task in sources:
        reading.fault(here, f"should be the only source named '{task}'. Found another under 'sources:'.")
        return None
    sources[task] = read_source(reading, task, raw, here)
    return task if sources[task] is not None else None
