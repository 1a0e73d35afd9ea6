"""What training shows of targets before any cell is read, and what is wrong with all of them together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.errors import DataError, Fault, RecipeError, counted
from ..sources.values import spelled
from .reading import row_fault
from .tag_fit import SchemeError

if TYPE_CHECKING:
    from ..graph.sharing_graph import SharingGraph
    from ..recipe.modules import ModuleConfig
    from ..sources.base import Source
    from .fitted import Fitted
    from .plan import SourcePlan


def survey(plans: Mapping[str, SourcePlan], sources: Mapping[str, Source], base: Path, fitted: Fitted) -> None:
    """Show the target columns of training rows to the targets that ask for it, and let them decide.

    Raises `DataError` for each that the training rows do not let decide. Malformed rows are left out here; whoever
    reads the rows next finds them again.
    """
    faults = []
    for name, plan in plans.items():
        targets = [(task, fitted.targets[task.name]) for task in plan.tasks]
        wanted = [(task, target) for task, target in targets if target.surveys and task.target]
        if not wanted:
            continue
        source = sources[name].noting(lambda _: None)
        for row in source.read("train", base):
            for task, target in wanted:
                target.survey(task.task.cell(spelled(row.values.get(task.target or ""))))
        for task, target in wanted:
            try:
                target.settle()
            except SchemeError as error:
                row = next(islice(source.read("train", base), error.row, None))
                faults.append(row_fault(str(error), source, row, task.target or "", error.item))
    if faults:
        raise DataError(*faults)


def fault_if_unanswerable(graph: SharingGraph, fitted: Fitted) -> None:
    """Raise `RecipeError` for an output layer whose answers cannot equal the gold of most training rows with spans.

    Also for one that keeps the answers of its tasks to one grammar where their tags have two, or none.
    """
    faults = [*_two_grammars(graph, fitted), *_no_grammar(graph, fitted)] + [
        _output(graph, task).place_of(key).fault(f"{_broken(key, found)} Leave '{key}' out.")
        for task, key, found in _breaking(graph, fitted)
        if 2 * found["broken"] > found["rows"]
    ]
    if faults:
        raise RecipeError(faults, graph.recipe.title)


def target_notes(graph: SharingGraph, fitted: Fitted) -> list[Fault]:
    """Return warnings about the targets of training: their own, and gold that no answer can equal."""
    noted = {task: target.note() for task, target in fitted.targets.items()}
    noted |= {task: _broken(key, found) for task, key, found in _breaking(graph, fitted)}  # which says more
    tasks = graph.recipe.tasks
    return [Fault(note, f"{tasks[task].source}/train", path=task) for task, note in noted.items() if note]


def _breaking(graph: SharingGraph, fitted: Fitted) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield the tasks whose output layer keeps answers to a grammar that gold breaks, with the key that says so."""
    for task, target in fitted.targets.items():
        config = _output(graph, task)
        key = config.cls.constraint(config.values)
        if key is not None and target.found.get("broken"):
            yield task, key, target.found


def _two_grammars(graph: SharingGraph, fitted: Fitted) -> Iterator[Fault]:
    """Yield a fault for each output layer with tasks of which some have IOB1 tags and others do not."""
    tied: dict[str, dict[str, str]] = {}
    for task, target in fitted.targets.items():
        if _output(graph, task).cls.constraint(_output(graph, task).values) and "rule" in target.found:
            tied.setdefault(graph.output(task).component, {})[task] = target.found["rule"]
    for component, rules in tied.items():
        if "iob1" in rules.values() and len(set(rules.values())) > 1:
            config = graph.components[component].config
            key = config.cls.constraint(config.values)
            found = " and ".join(f"{rule.upper()} in '{task}'" for task, rule in rules.items())
            yield config.place_of(key).fault(
                f"'{key}' should be used with tasks whose tags are of one scheme. Found {found}. Leave '{key}' out."
            )


def _no_grammar(graph: SharingGraph, fitted: Fitted) -> Iterator[Fault]:
    """Yield a fault for each output layer that keeps answers to a grammar where no tag of training marks a span."""
    for task, target in fitted.targets.items():
        config = _output(graph, task)
        key = config.cls.constraint(config.values)
        if key is not None and target.found and (target.found["rule"] == "plain" or not target.found["rows"]):
            scheme = f", or write the scheme of '{task}'" if target.found["rule"] == "plain" else ""
            yield config.place_of(key).fault(
                f"'{key}' should be used with tags that mark spans. "
                f"Found none in the training rows of '{task}'. Leave '{key}' out{scheme}."
            )


def _output(graph: SharingGraph, task: str) -> ModuleConfig:
    return graph.components[graph.output(task).component].config


def _broken(key: str, found: Mapping[str, Any]) -> str:
    return (
        f"'{key}' should be used with tags that keep to the grammar of their scheme, here {found['grammar'].upper()}. "
        f"Found {counted(found['rows'], 'training row')} with spans, {found['broken']:,} of which break it, "
        f"the first with {found['example']}: no answer can equal them."
    )
