"""Every component leads to an output."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import networkx as nx

from ...base.errors import Fault
from .places import place_of

if TYPE_CHECKING:
    from ..sharing_graph import SharingGraph


def every_component_reaches_an_output(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: no component is computed, or trained, for nothing."""
    outputs = [graph.component_of(task.output) for task in graph.recipe.tasks.values()]
    useful = set(outputs).union(*(nx.ancestors(graph.graph, output) for output in outputs))
    for component in graph.graph:
        if component not in useful:
            yield place_of(graph, component).fault(f"should lead to an output. Found no way from '{component}' to one.")
