"""Another name for a label of a trained run: which tasks have it, and which names it may have.

Weights, vocabularies and the recipe keep the names of training; `labels.json` says what a label is called since.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.errors import UsageError, listing, near_miss, some
from ..data.fitted import Fitted
from ..data.targets import TreeOfTokens
from ..graph.rules.label_sets import tasks_alike
from ..text.tag_schemes import parsed
from ..text.transitions import OPEN, REDUCE, SHIFT
from ..text.trees import INTENT

if TYPE_CHECKING:
    from ..data.targets import Target
    from ..graph.sharing_graph import SharingGraph


def renaming(
    graph: SharingGraph, fitted: Fitted, run: Path, old: str, new: str, task: str | None = None
) -> tuple[dict[str, dict[str, str]], tuple[str, ...]]:
    """Return all renamed labels of a run by task, a further one among them, and the tasks that have that label.

    The label of a span is that of all its tags; a tree has those of its brackets, which stay intents or slots. Tasks
    with one decoder or output layer have it renamed together.
    Raises `UsageError` where no task or several apart have the label, and for a name that it may not have.
    """
    having = [name for name, target in fitted.targets.items() if old in _labels(target)]
    if not having:
        known = sorted({label for target in fitted.targets.values() for label in _labels(target)})
        raise UsageError(f"OLD should be a label of '{run}': {some(known)}. Found '{old}'.{near_miss(old, known)}")
    if task is not None and task not in having:
        raise UsageError(f"--task should name a task that has the label '{old}': {listing(having)}. Found '{task}'.")
    alike = tasks_alike(graph, task or having[0])
    if task is None and not set(having) <= alike:
        raise UsageError(
            f"--task should name one of the tasks that have the label '{old}': {listing(having)}. It names none."
        )
    tasks = tuple(name for name in having if name in alike)
    for name in tasks:
        _check(graph, fitted.targets[name], name, old, new)
    found = {name: dict(target.renamed) for name, target in fitted.targets.items() if target.renamed}
    for name in tasks:
        target = fitted.targets[name]
        trained = () if target.labels is None else target.labels.names
        found[name] = {
            of: now
            for of, was in zip(trained, target.names(), strict=True)
            if (now := _renamed(target, was, old, new)) != of
        }
    return {name: names for name, names in found.items() if names}, tasks


def _labels(target: Target) -> dict[str, None]:
    """Return the labels of a target as users know them: of tags of spans, those of spans, of actions, of brackets."""
    return dict.fromkeys(filter(None, (_label(target, name) for name in target.names())))


def _label(target: Target, name: str) -> str:
    if isinstance(target, TreeOfTokens):
        return "" if name in (SHIFT, REDUCE) else name.removeprefix(OPEN)
    tag = parsed(name) if _of_spans(target) else None
    return name if tag is None else tag.label


def _of_spans(target: Target) -> bool:
    return target.axes == ("T",) and target.found.get("scheme", "plain") != "plain"


def _renamed(target: Target, name: str, old: str, new: str) -> str:
    if _label(target, name) != old:
        return name
    return f"{name.removesuffix(old)}{new}"


def _check(graph: SharingGraph, target: Target, task: str, old: str, new: str) -> None:
    trained = () if target.labels is None else target.labels.names
    now = dict(zip(trained, target.names(), strict=True))
    taken = {_label(target, name) for name in target.answer_names()}
    taken |= {_label(target, name) for name in trained if _label(target, now[name]) != old}
    taken |= {_label(target, name) for name, label in target.earlier_names().items() if _label(target, label) != old}
    if new in taken:
        raise UsageError(f"NEW should be a label that '{task}' does not have, and had not in training. Found '{new}'.")
    of_tree = isinstance(target, TreeOfTokens)
    if of_tree and new[:3] != old[:3]:
        kind = "an intent" if old.startswith(INTENT) else "a slot"
        raise UsageError(f"NEW should begin with {old[:3]}, as '{old}' is {kind} of '{task}'. Found '{new}'.")
    parted = (of_tree or target.axes == ("T",)) and len(new.split()) > 1
    parted |= of_tree and new == old[:3]
    if not new or new != new.strip() or not new.isprintable() or parted or (target.axes == ("C",) and "," in new):
        column = graph.recipe.tasks[task].target
        raise UsageError(f"NEW should be a label that a cell of the column '{column}' may have. Found {new!r}.")
    for metric in graph.recipe.tasks[task].metrics:
        for key, value in metric.values.items():
            if old in _named(value):
                raise UsageError(
                    f"OLD should be a label that no metric of '{task}' names. Found '{old}' in '{key}' of "
                    f"'{metric.type}': take it out of the metrics in recipe.yaml first."
                )


def _named(value: object) -> tuple[object, ...]:
    return tuple(value) if isinstance(value, (list, tuple, Mapping)) else (value,)
