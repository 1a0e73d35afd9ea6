"""All that is wrong with the data of a recipe: in every split of every source, and with all training rows together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.errors import DataError, Fault, RecipeError, those
from ..graph import rules as graph_rules
from ..recipe.names import HEADS
from ..recipe.uses import Use, uses_of
from .fault_kinds import of_one_file
from .fitted import unfitted_target
from .origins import Origins
from .plan import SourcePlan
from .split_faults import split_faults
from .target_fits import fit_targets, not_compared, unanswerable

if TYPE_CHECKING:
    from ..graph.sharing_graph import SharingGraph
    from ..recipe.config import TaskConfig
    from ..sources.base import Source
    from .fitted import Fitted
    from .targets import Target


@dataclass(frozen=True)
class Readers:
    """Who reads the sources: tasks, whatever their modules are, and all columns that are used, also by other tasks.

    `graph` is that of tasks about whose modules nothing is wrong, with what comes from runs, if that is known.
    """

    tasks: Sequence[TaskConfig]
    uses: Sequence[Use]
    base: Path
    graph: SharingGraph | None = None
    origins: Origins | None = None

    @classmethod
    def of(cls, graph: SharingGraph) -> Readers:
        """Return those of a whole graph."""
        tasks = tuple(graph.recipe.tasks.values())
        origins = Origins(graph)
        uses = [use for task in tasks for use in uses_of(task)]
        return cls(tasks, uses, graph.recipe.data, graph, None if origins.faults else origins)

    def sources(self) -> list[str]:
        """Return the names of the sources that are read."""
        return list(dict.fromkeys([*(task.source for task in self.tasks), *(use.source for use in self.uses)]))


@dataclass
class DataFaults:
    """What is wrong with files and rows, and what of a recipe their training rows show to be wrong.

    `targets` are those of the tasks about whose training answers nothing is wrong, fitted to these.
    """

    of_data: list[Fault] = field(default_factory=list)
    of_recipe: list[Fault] = field(default_factory=list)
    targets: dict[str, Target] = field(default_factory=dict)


def data_faults(
    readers: Readers, sources: Mapping[str, Source], splits: Sequence[str], fitted: Fitted | None = None
) -> DataFaults:
    """Read these splits of all sources, and train, to their ends, and return everything that is wrong.

    Of each kind of malformed row in a split the first is told, with a count. Where targets are `fitted` already,
    training rows are not asked what they show.
    """
    found = DataFaults()
    targets = {task.name: unfitted_target(task) for task in readers.tasks} if fitted is None else fitted.targets
    sound: set[str] = set()
    for name in readers.sources():
        if name not in sources:
            continue  # what is wrong with it is told where it is written
        if fitted is None and (fault := lacking_train(name, sources[name])):
            found.of_data.append(fault)
        plan = SourcePlan.of_tasks(name, [task for task in readers.tasks if task.source == name])
        parts: list[list[Fault]] = []  # of the train file
        for split in sources[name].splits:
            fit = fitted is None and split == "train"
            if split in splits or fit:
                read = split_faults(plan, readers.uses, sources[name], split, readers.base, targets, fit=fit)
                sound |= read.sound if fit else set()
                if sources[name].held_out.divides(split):
                    parts.append(read.faults)
                else:
                    found.of_data += read.faults
        found.of_data += of_one_file(parts)
    if fitted is None:
        _add_fits(found, readers, sources, {name: target for name, target in targets.items() if name in sound})
    found.of_data = list(dict.fromkeys(found.of_data))  # two splits may be of one file
    return found


def with_all_others(
    error: DataError | RecipeError, readers: Readers, sources: Mapping[str, Source], splits: Sequence[str],
    fitted: Fitted | None,
) -> DataError | RecipeError:  # fmt: skip
    """Return an error with everything that is wrong with the data, and what `error` says.

    Every row is read again: what takes long here is the price of not being asked to mend one row at a time.
    """
    found = data_faults(readers, sources, splits, fitted)
    known = [*found.of_data, *found.of_recipe]
    others = [fault for fault in error.faults if not any(_covers(fault, other) for other in known)]
    if isinstance(error, RecipeError):
        return RecipeError([*others, *found.of_recipe], error.recipe, found.of_data)
    if found.of_recipe and readers.graph is not None:
        return RecipeError(found.of_recipe, readers.graph.recipe.title, [*others, *found.of_data])
    return DataError(*others, *found.of_data)


def lacking_train(name: str, source: Source) -> Fault | None:
    """Return a fault for a source without training rows."""
    if "train" in source.splits:
        return None
    return Fault(f"the source '{name}' should have a train split. Found {those('split', source.splits)}.")


def _add_fits(
    found: DataFaults, readers: Readers, sources: Mapping[str, Source], targets: Mapping[str, Target]
) -> None:
    """Fit targets to what was counted, and add what is wrong with all training rows together."""
    tasks = [task for task in readers.tasks if task.name in targets]
    files = {task.name: str(sources[task.source].path("train", readers.base)) for task in tasks}
    graph = readers.graph
    outputs = {} if graph is None else {task: graph.output(task).component for task in graph.recipe.tasks}
    unfit = fit_targets(tasks, targets, outputs, files)
    found.of_data += unfit.values()
    fitted = {name: target for name, target in targets.items() if name not in unfit}
    for task in tasks:
        judgements = SourcePlan.of_tasks(task.source, [task]).judgements
        fault = judgements and not_compared(judgements, targets[task.name], files[task.name])
        if fault:
            found.of_data.append(fault)
    if graph is not None:
        fitted = dict(_settled(graph, readers.origins, fitted))
        if readers.origins is not None:
            found.of_data += readers.origins.adopt(fitted, files)
        found.of_recipe += unanswerable(graph, fitted)
        found.of_recipe += graph_rules.tied_label_sets(graph, {task: x.answer_names() for task, x in fitted.items()})
    found.targets = fitted


def _settled(
    graph: SharingGraph, origins: Origins | None, targets: Mapping[str, Target]
) -> Iterator[tuple[str, Target]]:
    """Yield the tasks of a graph whose labels are known: their own or, where the head is a run's, with all it has."""
    for name, target in targets.items():
        if name not in graph.recipe.tasks:
            continue
        of_run = _of_run(graph, name)
        if not of_run or (origins is not None and graph_rules.tasks_alike(graph, name) <= targets.keys()):
            yield name, target


def _of_run(graph: SharingGraph, task: str) -> bool:
    """Return whether one of the modules that end a task comes from a run."""
    return any(
        graph.components[name].config.origin is not None and graph.components[name].kind in HEADS
        for name in graph.path(task)
    )


def _covers(fault: Fault, other: Fault) -> bool:
    """Return whether another fault is this one, perhaps with a count."""
    return replace(other, others=fault.others) == fault
