"""Vectors of either side of a separable scorer: what is found equal, and what is said of those that are not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mtl.base.errors import ExportError
from mtl.export.compare import GraphComparison
from mtl.export.graphs import Graphs, build
from mtl.export.vectors import TowerGraph, compare_sides
from mtl.runs.predictor import Predictor
from tests.mtl.export.conftest import Exported


@pytest.fixture(scope="module")
def graphs(ranking: Exported) -> Graphs:
    model = ranking.model
    return build(model.model, model.graph, model.prepared, ["relevance"])


def sides(ranking: Exported, graphs: Graphs) -> list[Any]:
    model = ranking.model
    comparison = GraphComparison(model.model, model.graph, model.prepared.fitted, graphs)
    return [TowerGraph.load(comparison, tower, ranking.folder) for tower in graphs.towers]


class Lying:
    """A tower whose vectors are wrong by something, or too many."""

    def __init__(self, real: object, wrong: float = 0.0, more: int = 0) -> None:
        self.real, self.wrong, self.more = real, wrong, more

    def run(self, names: object, feed: object) -> list[np.ndarray]:
        (found,) = self.real.run(names, feed)  # type: ignore[attr-defined]  # an onnxruntime session
        return [np.concatenate([found + np.float32(self.wrong), found[: self.more]])]


TEXTS = {"query": ["play", "Music", "play"], "document": ["list songs", "", "songs"]}
MADE_UP = [{"query": [], "document": []}, {"query": ["a b"], "document": [""]}]


def scores(ranking: Exported) -> np.ndarray:
    found = Predictor(ranking.model.model).predict("relevance", TEXTS)
    return np.array([answer["score"] for answer in found], np.float32)


def test_towers_that_answer_as_the_model(ranking: Exported, graphs: Graphs) -> None:
    both = sides(ranking, graphs)
    assert compare_sides(both, TEXTS, scores(ranking), MADE_UP, (1, 64)) < 1e-6


@pytest.mark.parametrize(("sizes", "batch"), [((64,), 3), ((1, 64), 1)])
def test_vectors_that_differ_from_the_model(
    ranking: Exported, graphs: Graphs, sizes: tuple[int, ...], batch: int
) -> None:
    both = sides(ranking, graphs)
    both[1].session = Lying(both[1].session, 0.5)
    with pytest.raises(ExportError) as caught:
        compare_sides(both, TEXTS, scores(ranking), [], sizes)
    assert str(caught.value) == (
        f"relevance: verification: relevance.document.onnx: text (''), batch of {batch}: 'vector' should be within "
        "0.0001 of eager torch's. Found a distance of 5.0e-01. First to differ: stage answer: 'relevance.scorer' makes "
        "another vector of the same text."
    )


def test_too_many_vectors(ranking: Exported, graphs: Graphs) -> None:
    both = sides(ranking, graphs)
    both[0].session = Lying(both[0].session, more=1)
    with pytest.raises(ExportError) as caught:
        compare_sides(both, TEXTS, scores(ranking), [], (64,))
    assert str(caught.value) == ("relevance: verification: relevance.query.onnx: 'vector' should have 2 rows. Found 3.")


def test_inner_products_that_are_not_the_score(ranking: Exported, graphs: Graphs) -> None:
    both = sides(ranking, graphs)
    right = scores(ranking)
    with pytest.raises(ExportError) as caught:
        compare_sides(both, TEXTS, right + np.array([0, 3e-5, 0], np.float32), [], (64,))
    told = str(caught.value)
    assert told == (
        "relevance: verification: ('Music' | ''): the inner product of the vectors should be the score within 1e-05: "
        f"{right[1] + np.float32(3e-5):.7g}. Found {told.split()[-1]}"
    )
    assert float(told.split()[-1].rstrip(".")) == pytest.approx(float(right[1]), abs=1e-6)


def test_a_tower_that_fails(ranking: Exported, graphs: Graphs) -> None:
    class Failing:
        def run(self, names: object, feed: object) -> None:
            raise RuntimeError("out of memory")

    both = sides(ranking, graphs)
    both[0].session = Failing()
    with pytest.raises(ExportError) as caught:
        compare_sides(both, TEXTS, scores(ranking), [], (64,))
    assert str(caught.value) == ("relevance: verification: relevance.query.onnx: onnxruntime failed: out of memory")


def test_no_pairs(ranking: Exported, graphs: Graphs) -> None:
    nothing: dict[str, list[str]] = {"query": [], "document": []}
    assert compare_sides(sides(ranking, graphs), nothing, np.empty(0, np.float32), MADE_UP, (1, 64)) == 0.0
