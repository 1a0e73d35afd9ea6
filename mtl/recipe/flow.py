"""What a task's slots say about addresses and about what flows where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .config import TaskConfig
from .modules import ModuleConfig
from .task import TARGET


def flows(task: TaskConfig) -> dict[str, tuple[str, ...]]:
    """Return, for each filled slot of a task in order, the inputs and filled slots whose values flow in.

    What an empty slot would take flows on to whatever takes from it; from an empty side branch nothing does.
    """
    passed: dict[str, tuple[str, ...]] = {name: (name,) for name in (*task.inputs, TARGET)}
    found: dict[str, tuple[str, ...]] = {}
    for slot in task.slots:
        sources = _sources(slot.takes, passed, task)
        if task.model.get(slot.name) is None:
            on = slot.takes if slot.passes is None else slot.passes
            passed[slot.name] = () if slot.side else _sources(on, passed, task)
        else:
            found[slot.name] = sources
            passed[slot.name] = (slot.name,)
    return found


def _sources(taken: tuple[str, ...], passed: Mapping[str, tuple[str, ...]], task: TaskConfig) -> tuple[str, ...]:
    """Return what flows in from some slots: an input once, also where several empty slots pass it on."""
    found = [source for slot in taken for source in passed[slot]]
    return tuple(s for n, s in enumerate(found) if s not in task.inputs or s not in found[:n])


def read_alike(task: TaskConfig, other: TaskConfig) -> dict[str, str]:
    """Return, by inputs of another task, the inputs of this task that are the same text; others are left out.

    On one source it is the input of the same column, elsewhere that of the same name, or the only one of both tasks.
    """
    if len(task.inputs) == len(other.inputs) == 1:
        return {next(iter(other.inputs)): next(iter(task.inputs))}
    found = {name: name for name in other.inputs if name in task.inputs}
    if task.source == other.source:
        columns = {config.column: name for name, config in task.inputs.items()}
        found |= {name: columns[config.column] for name, config in other.inputs.items() if config.column in columns}
    return found


def addresses(task: str, model: Mapping[str, ModuleConfig | None]) -> Iterator[tuple[str, ModuleConfig]]:
    """Yield each address of a task's model with its configuration: slots in order, parts before their composite."""
    for name, config in model.items():
        if config is not None:
            yield from _inside(f"{task}.{name}", config)


def _inside(address: str, config: ModuleConfig) -> Iterator[tuple[str, ModuleConfig]]:
    for part, inner in config.parts.items():
        yield from _inside(f"{address}.{part}", inner)
    yield address, config
