"""Reading sources: those under `sources:`, and those that a task writes inline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..base import registry
from ..base.errors import MtlError, listing, near_miss
from ..recipe.config import SourceConfig
from ..recipe.document import Steps, show
from .components import read_component, told
from .draft import Reading, check_name


def read_sources(reading: Reading, raw: Any) -> dict[str, SourceConfig | None]:
    """Return the top-level sources; None for those with faults."""
    found: dict[str, SourceConfig | None] = {}
    for name, value in reading.mapping(raw, ("sources",)).items():
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
        reading.key_fault(steps, f"should have a key 'format', one of {known}. Found none.")
        return None
    config = read_component(reading, "source", raw, steps, key="format")
    if config is None:
        return None
    try:
        config.cls(**config.values)
    except (MtlError, ValueError) as error:
        for message in told(error):
            reading.key_fault(steps, message)
        return None
    return SourceConfig(name, config.type, config.values, config.place)


def read_task_source(
    reading: Reading, task: str, raw: Any, steps: Steps, sources: dict[str, SourceConfig | None]
) -> str | None:
    """Return the name of a task's source; one that is written inline joins the others under the task's name."""
    if raw is None:
        reading.key_fault(steps, "should have a key 'source', a source's name or a source. Found none.")
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
