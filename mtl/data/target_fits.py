"""What training shows of targets before any cell is read, and what is wrong with all of them together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.errors import Fault, RecipeError, counted
from ..sources.values import spelled

if TYPE_CHECKING:
    from ..graph.sharing_graph import SharingGraph
    from ..recipe.config import ModuleConfig
    from ..sources.base import Source
    from .fitted import Fitted
    from .plan import SourcePlan


def survey(plans: Mapping[str, SourcePlan], sources: Mapping[str, Source], base: Path, fitted: Fitted) -> None:
    """Show the target columns of training rows to the targets that ask for it, and let them decide."""
    for name, plan in plans.items():
        targets = [(task, fitted.targets[task.name]) for task in plan.tasks]
        wanted = [(task, target) for task, target in targets if target.surveys and task.target]
        if not wanted:
            continue
        for row in sources[name].read("train", base):
            for task, target in wanted:
                target.survey(task.task.cell(spelled(row.values.get(task.target or ""))))
        for _, target in wanted:
            target.settle()


def fault_if_unanswerable(graph: SharingGraph, fitted: Fitted) -> None:
    """Raise `RecipeError` for an output layer whose answers cannot equal the gold of most training rows with spans."""
    faults = [
        _output(graph, task).place_of(key).fault(f"{_broken(key, found)} Leave '{key}' out.")
        for task, key, found in _breaking(graph, fitted)
        if 2 * found["broken"] > found["rows"]
    ]
    if faults:
        raise RecipeError(faults, graph.recipe.title)


def target_notes(graph: SharingGraph, fitted: Fitted) -> list[Fault]:
    """Return warnings about the targets of training: their own, and gold that no answer can equal."""
    noted = [(task, target.note()) for task, target in fitted.targets.items()]
    broken = [(task, _broken(key, found)) for task, key, found in _breaking(graph, fitted)]
    tasks = graph.recipe.tasks
    return [Fault(note, f"{tasks[task].source}/train", path=task) for task, note in [*noted, *broken] if note]


def _breaking(graph: SharingGraph, fitted: Fitted) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield the tasks whose output layer keeps answers to a grammar that gold breaks, with the key that says so."""
    for task, target in fitted.targets.items():
        config = _output(graph, task)
        key = config.cls.constraint(config.values)
        if key is not None and target.found.get("broken"):
            yield task, key, target.found


def _output(graph: SharingGraph, task: str) -> ModuleConfig:
    return graph.components[graph.output(task).component].config


def _broken(key: str, found: Mapping[str, Any]) -> str:
    return (
        f"'{key}' should be used with tags of which each span begins with B- (BIO) or is closed (BIOES, BILOU). "
        f"Found {counted(found['rows'], 'training row')} with spans, {found['broken']:,} of which break that grammar, "
        f"the first with {found['example']}: no answer can equal them."
    )
