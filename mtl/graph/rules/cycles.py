"""What flows makes no cycle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import networkx as nx

from ...base.errors import Fault
from ...recipe.place import Place
from .places import place_of

if TYPE_CHECKING:
    from ..sharing_graph import SharingGraph

LONGEST = 6  # components of a cycle that are shown; of a longer one the middle is left out


def no_cycle(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: merging and conditions make no cycle; the fault shows it."""
    for nodes in nx.strongly_connected_components(graph.graph):
        inside = graph.graph.subgraph(nodes)
        if not inside.edges:
            continue
        conditions = [edge for edge in inside.edges if inside.edges[edge]["flow"] == "condition"]
        producer, consumer = min(conditions or inside.edges)
        cycle = [producer, *nx.shortest_path(inside, consumer, producer)]
        if len(cycle) > LONGEST + 1:
            cycle[3:-2] = ["…"]
        place = _condition_place(graph, consumer, producer) if conditions else place_of(graph, consumer)
        yield place.fault(f"no module should need its own answer. Found a cycle: {' -> '.join(cycle)}.")


def _condition_place(graph: SharingGraph, consumer: str, producer: str) -> Place:
    for address in graph.members()[consumer]:
        config = graph.addresses()[address]
        for key, condition in config.condition_keys:
            if condition in graph.addresses() and graph.component_of(condition) == producer:
                return config.place_of(key)
    return place_of(graph, consumer)
