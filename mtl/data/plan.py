"""What is read of a source: the tasks on it, its inputs, and the columns that it should have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..base.errors import Fault, listing, near_miss
from .judgements import Judgements

if TYPE_CHECKING:
    from ..graph.calls import InputKey
    from ..graph.sharing_graph import SharingGraph
    from ..recipe.config import Recipe, TaskConfig
    from ..sources.base import Source


@dataclass(frozen=True)
class SourcePlan:
    """The tasks on a source, and its inputs with the leaf embeddings that they flow into."""

    source: str
    tasks: tuple[TaskConfig, ...]
    inputs: dict[InputKey, tuple[str, ...]]
    labelled: Mapping[str, InputKey]  # by task, the input that its target belongs to
    judgements: Judgements | None = None  # what the source's ranking task says about its rows, if it has one

    @classmethod
    def of(cls, graph: SharingGraph, source: str) -> SourcePlan:
        """Return the plan of one source of a graph."""
        names = graph.streams()[source]
        labelled = {name: graph.target_input(name) for name in names}
        tasks = tuple(graph.recipe.tasks[name] for name in names)
        judgements = next((Judgements.of(task) for task in tasks if task.task.units == "pairs"), None)
        return cls(source, tasks, read_by(graph, names), labelled, judgements)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that hold texts."""
        return tuple(dict.fromkeys(key.column for key in self.inputs))

    @property
    def listed(self) -> tuple[str, ...]:
        """The columns that hold lists of texts."""
        return tuple(dict.fromkeys(key.column for key in self.inputs if key.listed))

    @property
    def values(self) -> dict[str, str]:
        """The columns whose cells are values, with the tokenizer that cells have to please: `number` before others."""
        read = [(key.column, key.front_end.tokenizer) for key in self.inputs if key.front_end.of_value]
        return {column: how for last in ("value", "categories", "number") for column, how in read if how == last}

    @property
    def splittings(self) -> tuple[InputKey, ...]:
        """The ways in which columns are split into tokens, each once."""
        return tuple(dict.fromkeys(key.splitting for key in self.inputs))


def read_by(graph: SharingGraph, tasks: tuple[str, ...] | list[str]) -> dict[InputKey, tuple[str, ...]]:
    """Return the inputs that some tasks read, each with the components that read features of it."""
    readers = set(graph.readers())
    found: dict[InputKey, dict[str, None]] = {key: {} for task in tasks for key in graph.inputs(task).values()}
    for component, key in graph.leaves(tasks):
        if component in readers:
            found.setdefault(key, {})[component] = None
    return {key: tuple(components) for key, components in found.items()}


def check_columns(plan: SourcePlan, source: Source, split: str, recipe: Recipe) -> list[Fault]:
    """Return a fault for every column that the tasks on a source name and the split does not have."""
    there = source.columns(split, recipe.data)
    wanted: dict[str, list[str]] = {}
    for task in plan.tasks:
        for name, given in task.inputs.items():
            wanted.setdefault(given.column, []).append(f"the input '{name}' of task '{task.name}'")
        if task.target:
            wanted.setdefault(task.target, []).append(f"the target of task '{task.name}'")
        for key, column in task.task.columns().items():
            wanted.setdefault(column, []).append(f"the {key} of task '{task.name}'")
    if source.held_out.divides(split):
        for key in ("group_by", "stratify_by"):
            column = getattr(source.held_out, key)
            if column is not None and column not in wanted:
                wanted[column] = [f"'{key}' of source '{plan.source}'"]
    file = str(source.path(split, recipe.data))
    return [
        Fault(
            f"should have a column '{column}': {' and '.join(uses)}. "
            f"Found the columns {listing(there)}.{source.hint(there) or near_miss(column, there)}",
            file=file,
        )
        for column, uses in wanted.items()
        if column not in there
    ]
