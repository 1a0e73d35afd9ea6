"""The columns of sources that a recipe names, and what for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .config import TaskConfig


class Use(NamedTuple):
    """A column that a source should have, and whose it is, as messages say it."""

    source: str
    column: str
    whose: str


def uses_of(task: TaskConfig) -> Iterator[Use]:
    """Yield the columns of a task: those of its inputs, its target, and those that keys of its type name."""
    for name, given in task.inputs.items():
        yield input_use(task.source, given.column, name, task.name)
    if task.target:
        yield target_use(task.source, task.target, task.name)
    for key, column in task.task.columns().items():
        yield Use(task.source, column, f"the {key} of task '{task.name}'")


def input_use(source: str, column: str, name: str, task: str) -> Use:
    """Return the use of a column by an input of a task."""
    return Use(source, column, f"the input '{name}' of task '{task}'")


def target_use(source: str, column: str, task: str) -> Use:
    """Return the use of a column by the target of a task."""
    return Use(source, column, f"the target of task '{task}'")
