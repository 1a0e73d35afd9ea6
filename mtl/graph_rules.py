"""The rules that a sharing graph must keep, one named function each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .errors import Fault

if TYPE_CHECKING:
    from .sharing_graph import SharingGraph


def check_modules(graph: SharingGraph) -> Iterator[Fault]:
    """Yield what is wrong with the modules and edges, before anything flows."""
    return iter(())


def check_flow(graph: SharingGraph) -> Iterator[Fault]:
    """Yield what is wrong with what flows."""
    return iter(())


def warn(graph: SharingGraph) -> Iterator[Fault]:
    """Yield what is possible but probably not meant."""
    return iter(())


def check_partial(graph: SharingGraph) -> Iterator[Fault]:
    """Yield what can be said of a graph that lacks the tasks whose recipe has faults."""
    return iter(())
