"""Tasks on pairs of texts as graphs: their inputs, their answers, and either side of a separable scorer alone."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from mtl.export.towers import towers
from mtl.export.weights import references
from mtl.recipe.filling import digest
from tests.mtl.export import tiny
from tests.mtl.export.conftest import Exported

QUERIES = ["play some Music", "", "songs", "by the beatles in Paris tomorrow"]
DOCUMENTS = ["add songs to list", "Music", "", "the list , the songs don't play in Paris tomorrow what's"]


def session(exported: Exported, file: str) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(exported.folder / file, providers=["CPUExecutionProvider"])


def run(runtime: onnxruntime.InferenceSession, **texts: list[str]) -> dict[str, Any]:
    names = [output.name for output in runtime.get_outputs()]
    feed = {name: np.array(column, object) for name, column in texts.items()}
    return dict(zip(names, runtime.run(names, feed), strict=True))


def manifest(exported: Exported) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((exported.folder / "manifest.json").read_text("utf-8"))
    return found


def shapes(values: list[onnx.ValueInfoProto]) -> dict[str, list[str | int]]:
    dims = {value.name: value.type.tensor_type.shape.dim for value in values}
    return {name: [d.dim_param or d.dim_value for d in found] for name, found in dims.items()}


def test_files_of_an_export(ranking: Exported) -> None:
    assert sorted(ranking.report.files) == [
        "answers.document.onnx",
        "answers.onnx",
        "answers.query.onnx",
        "duplicate.onnx",
        "joint.2.onnx",
        "joint.3.onnx",
        "joint.onnx",
        "manifest.json",
        "overlap.onnx",
        "query_class.onnx",
        "relevance.document.onnx",
        "relevance.onnx",
        "relevance.query.onnx",
        "weights.safetensors",
    ]


def test_manifest_of_tasks_on_pairs(ranking: Exported) -> None:
    found = manifest(ranking)
    relevance = found["tasks"]["relevance"]
    assert relevance["inputs"] == ["query", "document"]
    assert relevance["outputs"] == {"score": {"type": "float", "shape": ["B"]}}
    assert (relevance["predicts"], relevance["units"], relevance["labels"]) == ("grade", "pairs", [])
    assert relevance["separable"]
    assert relevance["towers"] == {
        "query": {"file": "relevance.query.onnx", "dim": 10},
        "document": {"file": "relevance.document.onnx", "dim": 10},
    }
    assert [reading["max_tokens"] for reading in relevance["front_ends"].values()] == [None, 6]
    assert {side["dim"] for side in found["tasks"]["answers"]["towers"].values()} == {8}  # the document's
    overlap = found["tasks"]["overlap"]
    assert (overlap["separable"], overlap["towers"]) == (False, {})
    duplicate = found["tasks"]["duplicate"]
    assert (duplicate["predicts"], duplicate["units"]) == ("class", "rows")
    assert (duplicate["inputs"], duplicate["labels"]) == (["query", "document"], ["0", "1", "2"])
    assert list(duplicate["outputs"]) == ["label", "score", "scores"]
    assert "separable" not in duplicate
    pair = {"inputs": ["query", "document"]}
    query, document = "query (unicode_words, lowercase)", "document (unicode_words, lowercase)"
    cut = [query, "document (unicode_words, lowercase, first 6 tokens)"]
    assert found["joint"] == [
        {"file": "joint.onnx", "tasks": ["relevance", "answers", "duplicate"], **pair, "reads": cut},
        {"file": "joint.2.onnx", "tasks": ["overlap"], **pair, "reads": [query, document]},
        {
            "file": "joint.3.onnx",
            "tasks": ["query_class"],
            "inputs": ["text"],
            "reads": ["text (unicode_words, lowercase)"],
        },
    ]


def test_graphs_of_towers(ranking: Exported) -> None:
    model = onnx.load(ranking.folder / "relevance.document.onnx", load_external_data=False)
    assert shapes(model.graph.input) == {"text": ["B"]}
    assert shapes(model.graph.output) == {"vector": ["B", 10]}
    assert {entry.key: entry.value for entry in model.metadata_props} == {
        "recipe": digest(ranking.model.recipe),
        "task": "relevance",
        "type": "text_pair_ranking",
        "input": "document",
        "tokenizer": "unicode_words",
        "lowercase": "true",
        "max_tokens": "6",
        "strip_accents": "false",
        "nfkc": "false",
    }
    onnx.checker.check_model(str(ranking.folder / "relevance.document.onnx"))


def test_metadata_of_a_head_on_pairs(ranking: Exported) -> None:
    model = onnx.load(ranking.folder / "relevance.onnx", load_external_data=False)
    found = {entry.key: entry.value for entry in model.metadata_props}
    assert found == {
        "recipe": digest(ranking.model.recipe),
        "tasks": '["relevance"]',
        "task": "relevance",
        "type": "text_pair_ranking",
        "labels": "[]",
        "query.tokenizer": "unicode_words",
        "query.lowercase": "true",
        "query.strip_accents": "false",
        "query.nfkc": "false",
        "document.tokenizer": "unicode_words",
        "document.lowercase": "true",
        "document.max_tokens": "6",
        "document.strip_accents": "false",
        "document.nfkc": "false",
    }


def test_a_tower_holds_its_own_side_only(ranking: Exported) -> None:
    for side, other in (("query", "document"), ("document", "query")):
        graph = onnx.load(ranking.folder / f"answers.{side}.onnx", load_external_data=False).graph
        names = [tensor.name for tensor in graph.initializer if tensor.data_location == onnx.TensorProto.EXTERNAL]
        assert [name for name in names if name.startswith(f"answers.{side}.")]
        assert not [name for name in names if name.startswith(f"answers.{other}.")]
        assert ("answers.scorer.weight" in names) == (side == "query")


def test_every_weight_is_stored_once(ranking: Exported) -> None:
    stored = references(ranking.folder)
    parameters = list(ranking.model.model.parameters())
    held = ranking.model.model.named_buffers()
    buffers = [tensor for name, tensor in held if name.replace("/", ".").removeprefix(".") in stored]
    expected = sum(tensor.numel() * tensor.element_size() for tensor in [*parameters, *buffers])
    assert sum(tensor.nbytes for tensor in stored.values()) == expected
    for file in ranking.folder.glob("*.onnx"):
        graph = onnx.load(file, load_external_data=False).graph
        outside = {t.name for t in graph.initializer if t.data_location == onnx.TensorProto.EXTERNAL}
        assert outside <= set(stored)
        inside = [t for t in graph.initializer if t.data_location != onnx.TensorProto.EXTERNAL]
        assert all(np.prod(t.dims) <= 64 for t in inside)  # small constants, nothing folded from weights


@pytest.mark.parametrize("task", ["relevance", "answers"])
def test_inner_products_are_scores(ranking: Exported, task: str) -> None:
    sides = [session(ranking, f"{task}.{side}.onnx") for side in ("query", "document")]
    queries, documents = run(sides[0], text=QUERIES)["vector"], run(sides[1], text=DOCUMENTS[:3])["vector"]
    products = queries @ documents.T
    head = session(ranking, f"{task}.onnx")
    for row, query in enumerate(QUERIES):
        scores = run(head, query=[query] * 3, document=DOCUMENTS[:3])["score"]
        assert np.allclose(scores, products[row], rtol=0, atol=1e-5)
    assert len(np.unique(products.round(4))) > 6


@pytest.mark.parametrize("file", ["relevance.query", "relevance.document", "answers.query", "answers.document"])
def test_towers_survive_everything(ranking: Exported, file: str) -> None:
    runtime = session(ranking, f"{file}.onnx")
    size = runtime.get_outputs()[0].shape[1]
    for texts in ([], [""], ["", ""], ["", "play é", ""], ["\0", "a\0b\0"], [" \u3000\t"], ["play " * 100_000]):
        vectors = run(runtime, text=texts)["vector"]
        assert vectors.shape == (len(texts), size)
        assert np.isfinite(vectors).all()


@pytest.mark.parametrize("head", ["relevance", "answers", "overlap", "duplicate", "joint"])
def test_heads_of_pairs_survive_everything(ranking: Exported, head: str) -> None:
    runtime = session(ranking, f"{head}.onnx")
    texts = [[], [""], ["", "play é"], ["\0", "a\0b\0"], [" \u3000\t"], ["play " * 300], ["Music"], ["", "", "a"]]
    for queries in texts:
        for documents in texts:
            if len(queries) == len(documents):
                found = run(runtime, query=queries, document=documents)
                assert all(len(value) == len(queries) for value in found.values())
                assert all(np.isfinite(v).all() for v in found.values() if v.dtype == np.float32)


def test_what_stands_behind_the_first_tokens_is_not_read(ranking: Exported) -> None:
    head, tower = session(ranking, "relevance.onnx"), session(ranking, "relevance.document.onnx")
    words = "add songs to the list in Paris tomorrow".split()
    found = [run(head, query=["play"], document=[" ".join(words[:n])])["score"][0] for n in (5, 6, 7, 8)]
    assert found[0] != found[1]
    assert found[1] == found[2] == found[3]
    both = run(tower, text=[" ".join(words[:6]), " ".join(words)])["vector"]
    assert (both[0] == both[1]).all()


def test_which_tasks_have_towers(ranking: Exported) -> None:
    model = ranking.model
    found = towers(model.model, model.graph, ["overlap", "duplicate", "relevance", "query_class"])
    assert [(side.task, side.input, side.position, side.file) for side in found] == [
        ("relevance", "query", 0, "relevance.query.onnx"),
        ("relevance", "document", 1, "relevance.document.onnx"),
    ]


def test_a_document_of_many_words_is_cut(ranking: Exported) -> None:
    runtime = session(ranking, "relevance.onnx")
    long = "list songs in Paris tomorrow don't " * 15_000
    short = "list songs in Paris tomorrow don"  # the first 6 tokens
    found = run(runtime, query=["play", "play"], document=[long, short])["score"]
    assert found[0] == pytest.approx(found[1], abs=1e-6)


def test_tiny_models_score_differently(ranking: Exported) -> None:
    texts = tiny.WORDS
    found = run(session(ranking, "joint.onnx"), query=texts, document=texts[::-1])
    assert len(np.unique(found["relevance.score"].round(3))) > 5
    assert len(set(found["duplicate.label"])) > 1
