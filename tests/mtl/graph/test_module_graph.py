"""The edges between components: through parts, chains and conditions, and which kind wins where both flow."""

from __future__ import annotations

from typing import Any

import networkx as nx
import pytest

from mtl.graph.module_graph import add_edge, module_graph
from mtl.graph.sharing_graph import SharingGraph
from tests.mtl.recipe import fakes
from tests.mtl.recipe.texts import INTENT_SLOT, graph


@pytest.fixture(autouse=True)
def _fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    fakes.register(monkeypatch)


def edges(found: nx.DiGraph[Any]) -> set[tuple[str, str, str]]:
    return {(producer, consumer, flow) for producer, consumer, flow in found.edges(data="flow")}


def made(sharing: SharingGraph) -> nx.DiGraph[Any]:
    addresses = sharing.addresses()
    names = {address: sharing.component_of(address) for address in addresses}
    return module_graph(sharing.recipe.tasks.values(), addresses, names)


def test_components_of_two_tasks_meet_in_what_is_tied() -> None:
    sharing = graph(INTENT_SLOT)
    found = made(sharing)
    assert set(found) == set(sharing.components)
    assert {name: found.nodes[name]["kind"] for name in found} == {
        name: component.kind for name, component in sharing.components.items()
    }
    assert edges(found) == edges(sharing.graph.subgraph(sharing.components))
    assert {("words.word", "words", "data"), ("words", "encoder", "data")} <= edges(found)
    assert {consumer for _, consumer in found.out_edges("encoder")} == {"intent.pooling", "slots.decoder"}
    assert ("intent.output", "slots.decoder", "condition") in edges(found)


def test_data_wins_over_a_condition_whatever_comes_first() -> None:
    for flows in (("data", "condition"), ("condition", "data")):
        found: nx.DiGraph[Any] = nx.DiGraph()
        for flow in flows:
            add_edge(found, "a", "b", flow)
        assert edges(found) == {("a", "b", "data")}
