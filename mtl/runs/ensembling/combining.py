"""Which tasks of some runs can be combined, and what is in the way of the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...base.errors import Fault, UsageError, listing, near_miss
from ...model.distribution import Distribution
from .answering import By

if TYPE_CHECKING:
    from ...data.fitted import Fitted
    from ...graph.sharing_graph import SharingGraph

ELEMENTS = {"average": ("label", "number"), "vote": ("label",)}
OTHERS = {
    "grade": ", scores of a ranking: they have no scale that runs have in common, so their means rank nothing",
    "number": ", which have no votes: average them",
}


@dataclass(frozen=True)
class Candidate:
    """A run that may become a member: its folder, its graph, what was fitted."""

    folder: Path
    graph: SharingGraph
    fitted: Fitted


def combined_tasks(runs: Sequence[Candidate], by: By, wanted: Sequence[str] = ()) -> tuple[list[str], list[Fault]]:
    """Return the tasks that runs can answer together, and why others of the first run cannot be.

    Raises `UsageError` where one of those that are `wanted` cannot be, or none can.
    """
    known = list(runs[0].graph.recipe.tasks)
    for task in wanted:
        if task not in known:
            raise UsageError(
                f"no task named '{task}' in '{runs[0].folder}'.{near_miss(task, known)} Tasks: {listing(known)}."
            )
    found: list[str] = []
    faults: list[Fault] = []
    for task in (task for task in known if not wanted or task in wanted):
        odd = list(_in_the_way(runs, task, by))
        faults += odd
        found += [] if odd else [task]
    if faults and (wanted or not found):
        raise UsageError(*faults)
    return found, faults


def _in_the_way(runs: Sequence[Candidate], task: str, by: By) -> Iterator[Fault]:
    """Yield what keeps a task from being combined."""
    first = runs[0]
    target = first.fitted.targets[task]
    if target.element not in ELEMENTS[by] or target.of_text or target.quotes:
        can = "labels or a number" if by == "average" else "labels"
        why = OTHERS.get(target.element, "")
        yield Fault(
            f"should answer with {can}, to be combined. Found {target.shape()}{why}.", str(first.folder), path=task
        )
        return
    for run in runs:
        message = (None if run is first else _otherwise(first, run, task)) or _decided_otherwise(run, task, by)
        if message is not None:
            yield Fault(message, str(run.folder), path=task)


def _decided_otherwise(run: Candidate, task: str, by: By) -> str | None:
    """Return how a run decides on its answers where members' probabilities or votes cannot be decided on so."""
    config = run.graph.components[run.graph.output(task).component].config
    key = config.cls.constraint(config.values)
    if key is not None:
        return (
            "should have an output layer that answers with any tags, as members are combined token by token. "
            f"Found '{key}: {str(config.values[key]).lower()}'."
        )
    if config.cls.answers_median and by == "average":
        return (
            "should have an output layer that answers with the most probable label, to be averaged. "
            f"Found '{config.type}', which answers with the median: count the answers (--by vote, by=\"vote\")."
        )
    if run.fitted.targets[task].axes == ("C",) and (
        config.cls.threshold_of_answers is Distribution.threshold_of_answers
    ):
        return (
            "should have an output layer that says what a label's probability has to reach "
            f"('threshold_of_answers'), to be combined. Found '{config.type}', which does not."
        )
    return None


def _otherwise(first: Candidate, other: Candidate, task: str) -> str | None:
    """Return how a run differs from the first one in what members have to have in common; None where it does not."""
    as_first = f"as in '{first.folder}'"
    if task not in other.graph.recipe.tasks:
        return f"should be a task of every run. Found the tasks {listing(other.graph.recipe.tasks)}."
    mine, theirs = first.graph.recipe.tasks[task], other.graph.recipe.tasks[task]
    if mine.task.predicts != theirs.task.predicts:
        return f"should predict '{mine.task.predicts}', {as_first}. Found '{theirs.task.predicts}'."
    if list(mine.inputs) != list(theirs.inputs):
        return f"should have the inputs {', '.join(mine.inputs)}, {as_first}. Found {', '.join(theirs.inputs)}."
    for name, given in mine.inputs.items():
        if given.reads != theirs.inputs[name].reads:
            return f"should read '{name}' as {given.reads}, {as_first}. Found {theirs.inputs[name].reads}."
    labels, there = first.fitted.targets[task].answer_names(), other.fitted.targets[task].answer_names()
    if labels != there:
        return f"should have the labels {', '.join(labels)}, {as_first}. Found {', '.join(there)}."
    if first.fitted.targets[task].axes == ("T",):
        name = mine.task.target_input(tuple(mine.inputs))
        one, two = mine.inputs[name].front_end.cutting, theirs.inputs[name].front_end.cutting
        for key, own in one.items():
            if own != two[key]:
                return f"should cut its text into tokens {as_first}, '{key}: {own}'. Found '{key}: {two[key]}'."
    return None
