"""Balances that compare the gradients of one update, in a recipe in which no two ever meet there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from itertools import combinations

from ..base.errors import Fault
from ..graph.sharing_graph import SharingGraph
from ..model.multi_task import MultiTaskModel
from ..train.parts import build_balance
from .what_learns import learning_weights


def compared_in_vain(model: MultiTaskModel) -> Iterator[Fault]:
    """Yield a fault for a balance that compares rows where no update gives two of them to a component that learns.

    Which update has which rows of data, and so labels of which tasks, is not asked.
    """
    graph, found = model.sharing_graph, learning_weights(model)
    train, balance = graph.recipe.train, build_balance(graph.recipe)
    of = balance.rows or "tasks"
    if not found or not balance.compares_rows or _meet(graph, found, of, train.step):
        return
    name = train.balance.type
    if _meet(graph, found, of, "all"):
        there, change = f" ('step: {train.step}')", "Write 'step: all'."
    elif "rows" in train.balance.values and of != "tasks" and _meet(graph, found, "tasks", train.step):
        there, change = "", "Write 'rows: tasks'."
    else:
        there, change = "", "Leave 'balance' out."
    yield train.place_of("balance").fault(
        f"should come with updates in which gradients of several {of} meet, as '{name}' compares them. Found that "
        f"no component that learns gets more than one in an update{there}. {change}"
    )


def _meet(graph: SharingGraph, components: Collection[str], rows: str, step: str | int) -> bool:
    """Return whether gradients of several tasks or streams may meet at a component in an update that `step` makes."""
    for component in components:
        tasks = Counter(graph.recipe.tasks[task].source for task in graph.tasks_meeting_at(component))
        if rows == "tasks" and max(tasks.values(), default=0) > 1:
            return True
        if any(_together(graph, one, other, step) for one, other in combinations(tasks, 2)):
            return True
    return False


def _together(graph: SharingGraph, one: str, other: str, step: str | int) -> bool:
    """Return whether two streams may be in one update that `step` makes."""
    if isinstance(step, str) or step == 1:
        return step == "all"
    train, streams = graph.recipe.train, list(graph.trained_streams())
    if train.rest is not None or any(own.steps is not None for own in train.streams.values()):
        return True  # where a stream is left out, others are together
    places = streams.index(one), streams.index(other)
    return bool(train.mixture.cls.together(*places, len(streams), step))
