"""Verification of tasks on pairs: which pairs are compared, and what is said where two graphs or two worlds part."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import onnx_ir as ir
import pytest

from mtl.base.errors import ExportError
from mtl.export import export as exporting
from mtl.export import joint as joining
from mtl.export import pairs
from mtl.export.distances import apart
from mtl.export.front_end import text_front_end
from mtl.export.graphs import Graphs, build
from mtl.export.joint import join
from mtl.export.verify import LENGTHS, Verification, synthetic, verify
from mtl.export.weights import references
from tests.mtl.export.conftest import Exported


@pytest.fixture(scope="module")
def graphs(ranking: Exported) -> Graphs:
    model = ranking.model
    return build(model.model, model.graph, model.prepared, ["relevance"])


def failure(ranking: Exported, graphs: Graphs, folder: Path) -> str:
    model = ranking.model
    with pytest.raises(ExportError) as caught:
        verify(model.model, model.graph, model.prepared, graphs, ["relevance"], folder)
    return str(caught.value)


def test_summary(ranking: Exported) -> None:
    found = ranking.report.verification
    assert dict(found.rows) == dict.fromkeys(("relevance", "answers", "overlap", "duplicate", "query_class"), 40)
    assert found.largest_difference < 1e-4
    assert list(found.towers) == ["relevance", "answers"]
    assert max(found.towers.values()) < 1e-5
    told = Verification({"a": "test"}, {"a": 60}, {"a": {1: 5, 64: 20}}, 2.5e-7, (), {"a": 3e-8})
    assert told.summary == (
        "a test rows 5/60 at batch 1 and 20/60 at batch 64 as eager; scores within 2.5e-07; "
        "vectors of a within 3.0e-08 of its score; 0 ties"
    )
    assert (told.facts()["rows"], told.facts()["compared"]) == ({"a": 60}, {"a": {"1": 5, "64": 20}})
    assert told.facts()["towers"] == {"a": 3e-8}


def test_a_sample_holds_every_text() -> None:
    queries, documents = np.repeat(np.arange(10), 10), np.arange(100) % 30
    found = pairs.sample([queries, documents], 60, 7)
    assert len(found.rows) == 60
    assert set(queries[found.rows]) == set(range(10))
    assert set(documents[found.rows]) == set(range(30))
    assert found.rows.tolist() == sorted(set(found.rows.tolist()))
    assert len(found.alone) == 7
    assert set(found.alone) <= set(found.rows)
    again = pairs.sample([queries, documents], 60, 7)
    assert again.rows.tolist() == found.rows.tolist()
    assert set(documents[pairs.sample([queries, documents], 5, 100).rows]) == set(range(30))  # more than asked for


def test_a_large_split_is_sampled(
    ranking: Exported, graphs: Graphs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    model = ranking.model
    monkeypatch.setattr(pairs, "MOST", 12)
    monkeypatch.setattr(pairs, "ALONE", 4)
    found = verify(model.model, model.graph, model.prepared, graphs, ["relevance"], ranking.folder)
    split = model.prepared.split("tied", "test")
    assert split is not None
    documents = set(split.texts("document"))
    assert found.rows == {"relevance": 40}
    assert found.compared["relevance"][1] == 4
    assert len(documents) <= found.compared["relevance"][64] < 40
    chosen = pairs.rows_to_verify(model.graph, split, "relevance")
    assert set(split.texts("document", chosen.rows)) == documents
    classified = model.prepared.split("duplicates", "test")
    assert classified is not None
    assert pairs.rows_to_verify(model.graph, classified, "duplicate").rows.tolist() == chosen.rows.tolist()
    assert len(pairs.rows_to_verify(model.graph, classified, "query_class").rows) == 40


def test_scores_above_one_may_differ_by_their_size() -> None:
    assert apart(np.array([200.0, 0.5]), np.array([200.01, 0.5])) == pytest.approx(5e-5)
    assert apart(np.array([0.5]), np.array([0.6])) == pytest.approx(0.1)
    assert apart(np.array([0.5]), np.array([0.5, 0.5])) == float("inf")
    assert np.isnan(apart(np.array([np.nan]), np.array([0.5])))


def damaged(ranking: Exported, graphs: Graphs, folder: Path, weight: str) -> Path:
    """Copy an export and change one of its weights, in the folder and in memory."""
    copied = folder / "export"
    shutil.copytree(ranking.folder, copied)
    reference = references(copied)[weight]
    with (copied / "weights.safetensors").open("r+b") as file:
        file.seek(int(reference.offset or 0))
        file.write(np.full(int(reference.length or 0) // 4, 0.7, np.float32).tobytes())
    return copied


def test_a_failure_names_the_pair_and_the_component(ranking: Exported, graphs: Graphs, tmp_path: Path) -> None:
    weight = "encoder.layer0.R"
    value = graphs.text.model.graph.initializers[weight]
    kept = value.const_value
    try:
        value.const_value = ir.tensor(np.full_like(graphs.numeric.parameters[weight].numpy(), 0.7))
        message = failure(ranking, graphs, damaged(ranking, graphs, tmp_path, weight))
    finally:
        value.const_value = kept
    # The shortest texts come first.
    start = "relevance: verification: relevance.onnx: row 3 ('beatles to' | 'é'), batch of 1: 'score' should be"
    assert message.startswith(f"{start} within 0.0001 of eager torch's. Found a distance of ")
    assert " First to differ: stage component outputs: 'encoder' differs by " in message


def test_a_failure_names_the_input_that_is_tokenized_otherwise(
    ranking: Exported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = ranking.model
    monkeypatch.setattr(joining, "text_front_end", lambda *given: text_front_end(*given[:2], given[2].whole))
    with pytest.raises(ExportError) as caught:
        model.export(tmp_path / "export", tasks=["relevance"])
    told = "First to differ: stage tokens: the texts of 'document (unicode_words, lowercase, first 6 tokens)' have"
    assert str(caught.value).endswith(f"{told} other numbers of tokens.")


def test_made_up_texts_of_two_inputs_differ_in_length() -> None:
    batches = list(synthetic({"query": ["play the song"], "document": ["songs by the beatles"]}))
    lengths = [[len(text.split()) for text in column] for column in batches[0].values()]
    assert lengths == [list(LENGTHS), list(LENGTHS[::-1])]
    assert {"query": ["", "words", ""], "document": ["words", "", ""]} in batches
    assert batches[-1] == {"query": [], "document": []}


def test_a_tower_that_needs_both_texts(ranking: Exported, graphs: Graphs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(graphs.text.vectors, ("relevance", "query"), "relevance.score")
    with pytest.raises(ExportError) as caught:
        exporting.tower_of(graphs.text, ranking.model.graph, graphs.towers[0])
    assert str(caught.value) == (
        "relevance: cut: the vectors of 'query' should follow from one text. Found query, document."
    )


def test_vectors_of_no_known_size(ranking: Exported, graphs: Graphs) -> None:
    model, fitted = ranking.model, ranking.model.prepared.fitted
    values = {value.name: value for value in graphs.numeric.model.graph.outputs}
    vector = values[graphs.numeric.vectors["relevance", "query"]]
    kept = vector.shape
    try:
        vector.shape = ir.Shape(["B", "E"])
        with pytest.raises(ExportError) as caught:
            join(graphs.numeric, model.graph, fitted, ["relevance"])
    finally:
        vector.shape = kept
    assert str(caught.value) == "relevance: joint graph: the vectors of 'query' should have a known size. Found E."


def test_a_damaged_tower_is_named(ranking: Exported, graphs: Graphs, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    shutil.copytree(ranking.folder, folder)
    (folder / "relevance.document.onnx").write_bytes(b"no graph")
    told = failure(ranking, graphs, folder)
    assert told.startswith("relevance: verification: relevance.document.onnx cannot be loaded: ")
