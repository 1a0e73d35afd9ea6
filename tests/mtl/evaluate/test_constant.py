"""Tasks that answer alike everywhere are named, and no others."""

from __future__ import annotations

from typing import Any

import pytest

from mtl.compile.loading import recipe_from_dict
from mtl.evaluate.constant import constant_answers
from mtl.evaluate.evaluation import Evaluation
from mtl.graph.build import build_graph
from mtl.graph.sharing_graph import SharingGraph
from tests.mtl.small_run import tree, write_data


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> SharingGraph:
    folder = tmp_path_factory.mktemp("constant")
    write_data(folder)
    return build_graph(recipe_from_dict(tree(), data=folder))


def sentences(graph: SharingGraph, task: str, gold: list[Any], predicted: list[Any]) -> tuple[str, ...]:
    found = constant_answers(graph, Evaluation("dev", predictions={task: predicted}, gold={task: gold}))
    assert set(found) <= {task}
    return tuple(found.values())


def test_one_label_for_every_row(graph: SharingGraph) -> None:
    assert sentences(graph, "intent", ["a", None, "b"], ["a", "a", "a"]) == (
        "intent answers 'a' for every row of dev, as a majority baseline does",
    )
    assert sentences(graph, "intent", ["a", "b", "b"], ["a", "a", "b"]) == ()
    assert sentences(graph, "intent", ["a", None, "a"], ["a", "a", "a"]) == ()  # there is nothing else to say
    assert sentences(graph, "intent", [None], ["a"]) == ()


def test_one_tag_for_every_token(graph: SharingGraph) -> None:
    assert sentences(graph, "slots", [["O", "B-x"], None, ["O"]], [["O", "O"], ["O"], ["O"]]) == (
        "slots answers 'O' for every token of dev, as a majority baseline does",
    )
    assert sentences(graph, "slots", [["O", "B-x"]], [["O", "B-x"]]) == ()
    assert sentences(graph, "slots", [["O", None]], [["O", "O"]]) == ()
