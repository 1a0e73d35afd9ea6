"""What is read of a source: the tasks on it, its inputs, and the columns that it should have."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..graph.calls import input_keys
from .judgements import Judgements

if TYPE_CHECKING:
    from ..graph.calls import InputKey
    from ..graph.sharing_graph import SharingGraph
    from ..recipe.config import TaskConfig


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
        return replace(cls.of_tasks(source, [graph.recipe.tasks[name] for name in names]), inputs=read_by(graph, names))

    @classmethod
    def of_tasks(cls, source: str, tasks: Iterable[TaskConfig]) -> SourcePlan:
        """Return what tasks on a source read of it, whatever their modules are: inputs flow into none here."""
        found = tuple(tasks)
        keys = {task.name: input_keys(task) for task in found}
        labelled = {task.name: keys[task.name][task.task.target_input(list(task.inputs))] for task in found}
        judgements = next((Judgements.of(task) for task in found if task.task.units == "pairs"), None)
        return cls(source, found, {key: () for own in keys.values() for key in own.values()}, labelled, judgements)

    def without(self, columns: Collection[str]) -> SourcePlan:
        """Return the plan of a table that lacks columns: without inputs of theirs, and tasks that need them."""
        kept = [
            task
            for task in self.tasks
            if not {self.labelled[task.name].column, task.target, *task.task.columns().values()} & set(columns)
            and not (task.task.units == "pairs" and {given.column for given in task.inputs.values()} & set(columns))
        ]
        names = [task.name for task in kept]
        return replace(
            self,
            tasks=tuple(kept),
            inputs={key: read for key, read in self.inputs.items() if key.column not in columns},
            labelled={name: key for name, key in self.labelled.items() if name in names},
            judgements=self.judgements if self.judgements and self.judgements.task in names else None,
        )

    def apart(self) -> tuple[SourcePlan, ...]:
        """Return a plan for each way in which rows are read: that of a ranking, and that of all others, if any."""
        pairs = [self.of_tasks(self.source, [task]) for task in self.tasks if task.task.units == "pairs"]
        of_pairs = {key for plan in pairs for key in plan.inputs}
        others = [task for task in self.tasks if task.task.units != "pairs"]
        read = {key for task in others for key in input_keys(task).values()}
        inputs = {key: into for key, into in self.inputs.items() if key in read or key not in of_pairs}
        if pairs and not inputs:
            return tuple(pairs)
        labelled = {task.name: self.labelled[task.name] for task in others}
        return (replace(self, tasks=tuple(others), inputs=inputs, labelled=labelled, judgements=None), *pairs)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that hold texts."""
        return tuple(dict.fromkeys(key.column for key in self.inputs))

    @property
    def readers(self) -> dict[str, tuple[str, ...]]:
        """The inputs that read each column that holds texts, as `task.input`."""
        read = [(given.column, f"{task.name}.{name}") for task in self.tasks for name, given in task.inputs.items()]
        return {column: tuple(name for of, name in read if of == column) for column in self.columns}

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
