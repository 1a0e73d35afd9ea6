"""Tasks on judged pairs: a source of their own, negatives, no conditions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...base.errors import Fault
from ...recipe.config import TaskConfig
from .places import config_at, quoted

if TYPE_CHECKING:
    from ..sharing_graph import SharingGraph


def rankings_have_a_source_of_their_own(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: a ranking task is the only one of its source, whose batches are made of whole queries."""
    for task in _rankings(graph):
        others = [o.name for o in graph.recipe.tasks.values() if o.source == task.source and o.name != task.name]
        if others:
            yield task.place.fault(
                "should be the only task of its source, whose batches are made of whole queries. "
                f"Found {quoted(others)} on '{task.source}' too: name the source again under another name."
            )


def rankings_have_negatives(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: where every row is a positive, what ranks below it is drawn, or is in a column of its own."""
    for task in _rankings(graph):
        if task.target is None and not task.task.draws_negatives and "negative" not in task.task.columns():
            yield task.place.fault(
                "should have documents that rank below others: without a 'target' every row is a positive. There are "
                "none: write 'negatives: batch', 'negatives: pool', or 'negative', the column of a negative document."
            )


def drawn_negatives_are_there_where_they_are_needed(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: an output layer that compares with drawn negatives gets some."""
    for task in _rankings(graph):
        config = config_at(task, task.slots[-1].name)
        if getattr(config.cls, "needs_drawn_negatives", False) and not task.task.draws_negatives:
            yield config.place.fault(
                f"the output '{config.type}' should be of a task with 'negatives: batch' or 'negatives: pool'. "
                f"Found '{task.name}', whose negatives are those that rows judge."
            )


def rankings_take_and_give_no_conditions(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: conditions lead neither from nor to a task that scores pairs: they belong to rows and tokens."""
    rankings = {task.name for task in _rankings(graph)}
    outputs = {task.output: task.name for task in graph.recipe.tasks.values()}
    for address, config in graph.addresses().items():
        consumer = address.split(".")[0]
        for key, condition in config.condition_keys:
            if condition not in outputs:
                continue
            if outputs[condition] in rankings:
                predicted = graph.recipe.tasks[outputs[condition]].task.target_class().shape()
                yield config.place_of(key).fault(
                    "should come from a task on single texts or on lists of them. "
                    f"Found '{outputs[condition]}', which predicts {predicted} of judged pairs."
                )
            elif consumer in rankings:
                yield config.place_of(key).fault(
                    f"a task on judged pairs should take no conditions. Found '{condition}' at '{address}'."
                )


def _rankings(graph: SharingGraph) -> Iterator[TaskConfig]:
    return (task for task in graph.recipe.tasks.values() if task.task.units == "pairs")
