"""The columns of sources that tasks name, whatever else is wrong with the tasks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..recipe.config import SourceConfig, TaskConfig
from ..recipe.uses import Use, input_use, target_use, uses_of
from .sources import source_named


def named_columns(
    written: Mapping[str, Any], readers: Mapping[str, TaskConfig], sources: Mapping[str, SourceConfig | None]
) -> Iterator[Use]:
    """Yield the columns that tasks name, as far as it is known of which source.

    Of `readers` they are known, of other tasks those that are `written` in so many words.
    """
    for name, task in written.items():
        source = source_named(name, task, sources)
        if name in readers:
            yield from uses_of(readers[name])
        elif source is not None:
            yield from _written(name, task, source)


def _written(task: str, raw: Mapping[str, Any], source: str) -> Iterator[Use]:
    inputs = raw.get("inputs")
    if isinstance(inputs, str):
        yield Use(source, inputs, f"the input of task '{task}'")
    for name, given in inputs.items() if isinstance(inputs, Mapping) and "column" not in inputs else ():
        column = given.get("column") if isinstance(given, Mapping) else given
        if isinstance(column, str) and isinstance(name, str):
            yield input_use(source, column, name, task)
    target = raw.get("target")
    if isinstance(target, str) and target:
        yield target_use(source, target, task)
