"""A task whose rows are one running text: they are there in their order, and every module reads them on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ...base import registry
from ...base.errors import Fault, listing
from .directions import READING, reads

if TYPE_CHECKING:
    from ...recipe.config import TaskConfig
    from ...recipe.modules import ModuleConfig
    from ..sharing_graph import SharingGraph


def running_texts_have_a_source_of_their_own(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: a task that reads a running text is the only one on its source, as its batches are no rows."""
    for task in _running(graph):
        others = [f"'{name}'" for name in graph.streams()[task.source] if name != task.name]
        if others:
            yield task.place.fault(
                f"should be the only task on its source, as {_why(task)}. Found on '{task.source}' also "
                f"{listing(others)}. Give '{task.name}' a source of its own, which may name the same files."
            )


def running_texts_have_no_gaps(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: nothing takes tokens or rows out of a running text."""
    for task in _running(graph):
        for given in task.inputs.values():
            front_end = given.front_end
            for key, most in (("max_tokens", front_end.max_tokens), ("max_pieces", front_end.max_pieces)):
                if most is not None:
                    yield given.place.fault(
                        f"should be read whole, as {_why(task)}. Found '{key}: {most}'. Leave it out."
                    )
        source = graph.recipe.sources[task.source]
        shares = source.cls(**source.values).held_out.shares
        if shares and source.group_by is None:
            found = " and ".join(f"'{split}: {source.values[split]}'" for split in shares)
            yield source.place.fault(
                f"should have files of their own for dev and test, as {_why(task)}, and rows that are drawn from it "
                f"leave gaps. Found {found}. Name files, or keep documents whole by 'group_by'."
            )


def running_texts_are_read_on(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: what reads a running text carries a state, or looks at each token alone."""
    told: set[str] = set()
    for task in _running(graph):
        for call in graph.calls([task.name]):
            config = graph.addresses()[graph.addresses_of(call)[0]]
            if call.component in told or call.method or _reads_on(config):
                continue
            told.add(call.component)
            if config.kind == "embedding":
                yield config.place.fault(
                    f"should look at each token alone, as {_why(task)}. Found '{config.type}', whose vectors depend on "
                    "the tokens before. Choose another embedding, or leave 'bptt' out."
                )
            else:
                yield config.place.fault(
                    f"should carry a state, as {_why(task)}. Found '{config.type}', which begins anew with each "
                    f"segment. {config.kind.capitalize()}s that carry one: {listing(_carrying(config.kind))}. Choose "
                    "one of them, or leave 'bptt' out."
                )


def _running(graph: SharingGraph) -> list[TaskConfig]:
    return [task for task in graph.recipe.tasks.values() if task.task.bptt is not None]


def _why(task: TaskConfig) -> str:
    return f"'{task.name}' reads all rows as one text ('bptt: {task.task.bptt}')"


def _reads_on(config: ModuleConfig) -> bool:
    """Say whether a module reads on, or is none that looks at other tokens; what is not causal has a fault already.

    A representation with parts adds nothing to what these see.
    """
    if config.kind == "output":
        return bool(config.cls.carries)
    if config.kind not in READING or not reads(config, backward=False):
        return True
    return bool(config.cls.carries or reads(config, backward=True))


def _carrying(kind: str) -> list[str]:
    classes: dict[str, Any] = {name: registry.lookup(kind, name) for name in registry.names(kind)}
    return [name for name, cls in classes.items() if cls.carries]
