"""The components of a recipe and the edges between them, as its slots, parts and conditions say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

import networkx as nx

from ..recipe.config import TaskConfig
from ..recipe.flow import flows
from ..recipe.modules import ModuleConfig


def module_graph(
    tasks: Iterable[TaskConfig], addresses: Mapping[str, ModuleConfig], names: Mapping[str, str]
) -> nx.DiGraph[Any]:
    """Connect components, `names` being theirs by address; the graph may hold cycles.

    Nodes have an attribute `kind`, edges an attribute `flow`: `data` or `condition`.
    """
    graph: nx.DiGraph[Any] = nx.DiGraph()
    for address, config in addresses.items():
        graph.add_node(names[address], kind=config.kind)
    for task in tasks:
        for slot, sources in flows(task).items():
            for source in sources:
                if f"{task.name}.{source}" in names:
                    _enter(graph, names[f"{task.name}.{source}"], f"{task.name}.{slot}", addresses, names)
    for address, config in addresses.items():
        parts = [f"{address}.{part}" for part in config.parts if part != config.reader]
        for part in parts if config.reader else ():
            _enter(graph, names[f"{address}.{config.reader}"], part, addresses, names)
        for part in parts[-1:] if config.chained else parts:
            add_edge(graph, names[part], names[address], "data")
        for part, after in pairwise(parts) if config.chained else ():
            _enter(graph, names[part], after, addresses, names)
        for condition in config.conditions:
            if condition in names:
                add_edge(graph, names[condition], names[address], "condition")
    return graph


def _enter(
    graph: nx.DiGraph[Any],
    producer: str,
    address: str,
    addresses: Mapping[str, ModuleConfig],
    names: Mapping[str, str],
) -> None:
    """Let data flow into a module: into its parts where it has any, into the first where they are chained."""
    config = addresses[address]
    parts = [config.reader] if config.reader else [part for part in config.parts if part not in config.reading]
    for part in parts[:1] if config.chained else parts:
        _enter(graph, producer, f"{address}.{part}", addresses, names)
    if not parts or config.takes_input:
        add_edge(graph, producer, names[address], "data")


def add_edge(graph: nx.DiGraph[Any], producer: Any, consumer: Any, flow: str) -> None:
    """Add an edge; data wins where a value flows both as data and as a condition."""
    if not graph.has_edge(producer, consumer) or flow == "data":
        graph.add_edge(producer, consumer, flow=flow)
