"""What training shows of targets before any cell is read, and what is wrong with all of them together."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.errors import Fault
from ..sources.values import spelled
from .grammar_check import first_broken
from .kept_files import found_file, kept_file
from .reading import row_fault, row_place, used
from .tag_fit import SchemeError
from .targets import Grade

if TYPE_CHECKING:
    from ..graph.sharing_graph import SharingGraph
    from ..recipe.config import TaskConfig
    from ..recipe.modules import ModuleConfig
    from ..sources.base import Row, Source
    from .fitted import Fitted
    from .judgements import Judgements
    from .plan import SourcePlan
    from .split import Split
    from .targets import Target


def survey(plan: SourcePlan, source: Source, base: Path, targets: Mapping[str, Target]) -> dict[str, Fault]:
    """Show the target columns of training rows to the targets that ask for it, and let them decide.

    Returns a fault for each task that the training rows do not let decide. Rows that are left out of training have no
    say; where a malformed row ends the reading, whoever reads the rows next finds it. Raises `DataError` where the
    source cannot be read.
    """
    wanted = [(task, targets[task.name]) for task in plan.tasks if targets[task.name].surveys and task.target]
    lenient = source.noting(lambda _: None)
    numbers = array("q")  # of the rows that were shown, among all
    for number, row in _used(plan, lenient, base, targets) if wanted else ():
        numbers.append(number)
        for task, target in wanted:
            target.survey(task.task.cell(spelled(row.values.get(task.target or ""))))

    def row_at(number: int) -> Row:
        return next(islice(lenient.read("train", base), numbers[number], None))

    faults = {}
    for task, target in wanted:
        try:
            target.settle()
        except SchemeError as error:
            faults[task.name] = row_fault(error, lenient, row_at(error.row), task.target or "", error.item)
        place = target.noted()
        if place is not None:
            noted = row_place("", lenient, row_at(place[0]), task.target or "", place[1])
            target.note_at(kept_file(noted.file or "", str(source.path("train", base))), noted.line)
    return faults


def _used(plan: SourcePlan, source: Source, base: Path, targets: Mapping[str, Target]) -> Iterator[tuple[int, Row]]:
    """Yield the training rows and their numbers from 0, without those that training leaves out."""
    if source.on_bad_row == "skip":
        return used(plan, targets, source, "train", base)
    return enumerate(source.read("train", base))


def fit_targets(
    tasks: Iterable[TaskConfig], targets: Mapping[str, Target], outputs: Mapping[str, str], files: Mapping[str, str]
) -> dict[str, Fault]:
    """Fit the targets of tasks to what was counted; return a fault for each that no training row has an answer of.

    Those with one output layer, whose names are in `outputs` by task, are fitted together; `files` are those of train.
    """
    faults = {}
    found = list(tasks)
    for task in found:
        output = outputs.get(task.name)
        others = [other for other in found if outputs.get(other.name) == output and output is not None]
        try:
            targets[task.name].fit([targets[other.name] for other in others or [task]])
        except ValueError as error:
            faults[task.name] = Fault(str(error), files[task.name], None, f"column '{task.target}'")
    return faults


def not_compared(judgements: Judgements, target: Target, file: str) -> Fault | None:
    """Return what is wrong with a ranking that has one grade to compare and draws no documents to compare with."""
    grades = list(target.counts) if isinstance(target, Grade) else []
    if judgements.negatives != "judged" or len(grades) != 1:
        return None
    message = (
        "should have documents of different grades, which training compares. "
        f"Found only the grade {grades[0]}. Add rows of other grades, or let the task '{judgements.task}' take "
        "documents that no row judges as of grade 0: 'negatives: batch' or 'negatives: pool'."
    )
    return Fault(message, file, None, f"column '{judgements.target}'" if judgements.target else None)


def unanswerable(graph: SharingGraph, targets: Mapping[str, Target]) -> list[Fault]:
    """Return a fault for each output layer whose answers cannot equal the gold of most training rows with spans.

    Also for one that keeps the answers of its tasks to one grammar where their tags have two, or none.
    """
    return [*_two_grammars(graph, targets), *_no_grammar(graph, targets)] + [
        _output(graph, task).place_of(key).fault(f"{_broken(key, found)} Leave '{key}' out.")
        for task, key, found in _constrained(graph, targets)
        if 2 * found["broken"] > found["rows"]
    ]


def target_notes(
    graph: SharingGraph, fitted: Fitted, splits: Mapping[tuple[str, str], Split], roots: Mapping[str, str]
) -> list[Fault]:
    """Return warnings about the targets of training: their own, and gold of any split that no answer can equal.

    `splits` are by source and name, `roots` say where the train split of each source lies.
    """
    tasks = graph.recipe.tasks
    noted: dict[str, Fault] = {}
    for task, target in fitted.targets.items():
        file, line = target.found.get("place") or ("", None)
        source = tasks[task].source
        if target.note():
            place = found_file(file, roots.get(source, "")) if file else f"{source}/train"
            noted[task] = Fault(target.note(), place, line, task)
    for task, key, found in _constrained(graph, fitted.targets):
        of_task = {name: split for (source, name), split in splits.items() if source == tasks[task].source}
        counts = {name: split.grammar[task] for name, split in of_task.items() if task in split.grammar}
        firsts = [first for name, kept in counts.items() if (first := first_broken(kept, of_task[name].root))]
        if firsts:
            shown = {**found, "example": firsts[0].message}
            noted[task] = Fault(
                _unreachable(key, shown, counts), firsts[0].file, firsts[0].line, task
            )  # which says more
    return list(noted.values())


def _constrained(graph: SharingGraph, targets: Mapping[str, Target]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield the tasks whose output layer keeps answers to a grammar that training shows, with the key that says so."""
    for task, target in targets.items():
        config = _output(graph, task)
        key = config.cls.constraint(config.values)
        if key is not None and target.found:
            yield task, key, target.found


def _two_grammars(graph: SharingGraph, targets: Mapping[str, Target]) -> Iterator[Fault]:
    """Yield a fault for each output layer with tasks of which some have IOB1 tags and others do not."""
    tied: dict[str, dict[str, str]] = {}
    for task, target in targets.items():
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


def _no_grammar(graph: SharingGraph, targets: Mapping[str, Target]) -> Iterator[Fault]:
    """Yield a fault for each output layer that keeps answers to a grammar where no tag of training marks a span."""
    for task, target in targets.items():
        config = _output(graph, task)
        key = config.cls.constraint(config.values)
        if key is not None and target.found and (target.found["rule"] == "plain" or not target.found["rows"]):
            scheme = f", or write the scheme of '{task}'" if target.found["rule"] == "plain" else ""
            yield config.place_of(key).fault(
                f"'{key}' should be used with tags that mark spans. "
                f"There are none in the training rows of '{task}'. Leave '{key}' out{scheme}."
            )


def _output(graph: SharingGraph, task: str) -> ModuleConfig:
    return graph.components[graph.output(task).component].config


def _broken(key: str, found: Mapping[str, Any]) -> str:
    """Return what is wrong with training gold that breaks a grammar."""
    return (
        f"'{key}' should be used with tags that keep to the grammar of their scheme, here {found['grammar'].upper()}. "
        f"Found rows with spans that break it ({_of_splits({'train': found})}), the first with {found['example']}: "
        "no answer can equal them."
    )


def _unreachable(key: str, found: Mapping[str, Any], counts: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a warning about gold that no answer can equal; `counts` are of splits, by their names."""
    return (
        f"rows with spans break the grammar of {found['grammar'].upper()} ({_of_splits(counts)}), the first with "
        f"{found['example']}: no answer can equal them, as '{key}' keeps answers to the grammar."
    )


def _of_splits(counts: Mapping[str, Mapping[str, Any]]) -> str:
    return ", ".join(f"{kept['broken']:,} of {kept['rows']:,} in {name}" for name, kept in counts.items())
