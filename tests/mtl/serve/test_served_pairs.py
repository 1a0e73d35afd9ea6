"""Tasks on pairs of texts, served: a bundle and the model itself answer alike, and so does the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtl.base.errors import DataError, MtlError, UsageError
from mtl.cli.input_rows import parsed_rows
from mtl.runs.predictor import Predictor
from mtl.serve.bundle import Bundle
from tests.commands import within
from tests.mtl.export.conftest import Exported

PAIRS: dict[str, list[str]] = {
    "query": ["play some Music", "", "songs by", "Paris \ud800", "play"],
    "document": ["add songs to the list in Paris tomorrow", "a\0b", "", "by the beatles", "play " * 5000],
}
Served = Bundle | Predictor


@pytest.fixture(scope="module")
def bundle(ranking: Exported) -> Bundle:
    return Bundle(ranking.folder)


@pytest.fixture(scope="module")
def predictor(ranking: Exported) -> Predictor:
    return Predictor(ranking.model.model)


@pytest.fixture(params=["bundle", "predictor"])
def served(request: pytest.FixtureRequest, bundle: Bundle, predictor: Predictor) -> Served:
    return bundle if request.param == "bundle" else predictor


def test_what_is_known_of_pairs(bundle: Bundle, predictor: Predictor) -> None:
    for task in bundle.tasks:
        assert bundle.inputs(task) == predictor.inputs(task)
        assert bundle.labels(task) == predictor.labels(task)
    assert bundle.inputs("relevance") == ("query", "document")
    assert bundle.labels("relevance") == ()  # grades are no answers
    assert bundle.labels("duplicate") == ("0", "1", "2")


@pytest.mark.parametrize("task", ["relevance", "answers", "overlap", "duplicate"])
@pytest.mark.parametrize("batch_size", [1, 64])
def test_same_answers_as_the_model(bundle: Bundle, predictor: Predictor, task: str, batch_size: int) -> None:
    found = bundle.predict(task, PAIRS, batch_size=batch_size)
    expected = predictor.predict(task, PAIRS, batch_size=3)
    assert [list(answer) for answer in found] == [list(answer) for answer in expected]
    assert [answer.get("label") for answer in found] == [answer.get("label") for answer in expected]
    assert [a["score"] for a in found] == pytest.approx([a["score"] for a in expected], abs=1e-4)
    assert json.loads(json.dumps(found)) == found
    assert len({round(answer["score"], 3) for answer in found}) > 2


def test_no_pairs(served: Served) -> None:
    for task in ("relevance", "overlap", "duplicate"):
        assert served.predict(task, {"query": [], "document": []}) == []


@pytest.mark.parametrize("task", ["relevance", "answers"])
@pytest.mark.parametrize("batch_size", [1, 2, 64])
def test_inner_products_are_scores(served: Served, task: str, batch_size: int) -> None:
    vectors = {name: served.encode(task, name, texts, batch_size=batch_size) for name, texts in PAIRS.items()}
    scores = [answer["score"] for answer in served.predict(task, PAIRS)]
    assert (vectors["query"] * vectors["document"]).sum(1) == pytest.approx(scores, abs=1e-5)
    assert {array.dtype for array in vectors.values()} == {np.dtype(np.float32)}


def test_same_vectors_as_the_model(bundle: Bundle, predictor: Predictor) -> None:
    for task in ("relevance", "answers"):
        for name, texts in PAIRS.items():
            found, expected = bundle.encode(task, name, texts), predictor.encode(task, name, np.array(texts, object))
            assert np.allclose(found, expected, rtol=0, atol=1e-5)


def test_vectors_of_no_texts_and_of_bytes(served: Served) -> None:
    assert served.encode("answers", "document", []).shape == (0, 8)
    found = served.encode("relevance", "query", [b"a \xff b", "a \ufffd b"])
    assert (found[0] == found[1]).all()


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (
            lambda served: served.predict("relevance", {"query": ["a"]}),
            "'relevance' should get texts for its inputs: document, query. Found query.",
        ),
        (
            lambda served: served.predict("relevance", ["a"]),
            "'relevance' should get texts for its inputs: document, query. Found one list.",
        ),
        (
            lambda served: served.predict("relevance", {"query": ["a", "b"], "document": ["a"]}),
            "the inputs of 'relevance' should have as many texts each. Found 2 of 'query', 1 of 'document'.",
        ),
        (
            lambda served: served.predict("relevance", {"query": ["a", "b"], "document": ["a", None]}),
            "row 1 of the input 'document' of 'relevance' should be a text. Found NoneType.",
        ),
        (
            lambda served: served.encode("relevance", "document", ["a", None]),
            "row 1 of the input 'document' of 'relevance' should be a text. Found NoneType.",
        ),
        (
            lambda served: served.encode("relevance", "document", "a"),
            "the input 'document' of 'relevance' should be a list of texts. Found one text.",
        ),
        (
            lambda served: served.encode("relevance", "document", ["a"], batch_size=0),
            "'batch_size' should be 1 or more. Found 0.",
        ),
        (
            lambda served: served.encode("relevance", "documents", ["a"]),
            "'documents' is not an input of 'relevance'. Did you mean 'document'? Inputs: query, document.",
        ),
        (
            lambda served: served.encode("overlap", "query", ["a"]),
            "'overlap' should have a separable scorer, to encode one text alone. Found one that reads both texts "
            "together.",
        ),
        (
            lambda served: served.encode("duplicate", "query", ["a"]),
            "'duplicate' should have a separable scorer, to encode one text alone. Found no scorer.",
        ),
    ],
)
def test_wrong_calls(served: Served, call: Callable[[Served], object], sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        call(served)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("query", "told"),
    [
        (None, " should be an object. Found nothing."),
        ({"dim": 3}, ".file should be a string. Found nothing."),
        ({"file": "x", "dim": "3"}, ".dim should be a number. Found str."),
    ],
)
def test_a_manifest_without_a_tower(ranking: Exported, tmp_path: Path, query: object, told: str) -> None:
    content = json.loads((ranking.folder / "manifest.json").read_text("utf-8"))
    content["tasks"]["relevance"]["towers"]["query"] = query
    (tmp_path / "manifest.json").write_text(json.dumps(content))
    with pytest.raises(UsageError) as caught:
        Bundle(tmp_path)
    assert str(caught.value) == f"'{tmp_path / 'manifest.json'}': tasks.relevance.towers.query{told}"


def test_a_manifest_without_any_tower(ranking: Exported, tmp_path: Path) -> None:
    content = json.loads((ranking.folder / "manifest.json").read_text("utf-8"))
    del content["tasks"]["relevance"]["towers"]
    (tmp_path / "manifest.json").write_text(json.dumps(content))
    with pytest.raises(UsageError) as caught:
        Bundle(tmp_path)
    told = "tasks.relevance.towers should be an object. Found nothing."
    assert str(caught.value) == f"'{tmp_path / 'manifest.json'}': {told}"


def test_a_tower_whose_file_is_missing(ranking: Exported, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes((ranking.folder / "manifest.json").read_bytes())
    file = tmp_path / "relevance.query.onnx"
    with pytest.raises(MtlError) as caught:
        Bundle(tmp_path).encode("relevance", "query", ["a"])
    assert str(caught.value).startswith(f"{file}: should be a graph that onnxruntime can load. Found: ")


def lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_pairs_as_json_lines(ranking: Exported, bundle: Bundle, tmp_path: Path) -> None:
    file = tmp_path / "pairs.jsonl"
    pairs = {name: [text.replace("\ud800", "") for text in texts] for name, texts in PAIRS.items()}  # no text in files
    rows = [{"document": d, "query": q, "more": 1} for q, d in zip(pairs["query"], pairs["document"], strict=True)]
    file.write_text(lines(rows), "utf-8")
    for task in ("relevance", "duplicate"):
        done = within("predict", ranking.folder, "--task", task, "--input", file, "--batch-size", "2")
        assert (done.returncode, done.stderr) == (0, "")
        found = [json.loads(line) for line in done.stdout.splitlines()]
        expected = bundle.predict(task, pairs)
        assert [list(answer) for answer in found] == [list(answer) for answer in expected]
        assert [a["score"] for a in found] == pytest.approx([a["score"] for a in expected], abs=1e-5)


def test_rows_before_one_that_lacks_an_input(ranking: Exported, tmp_path: Path) -> None:
    file = tmp_path / "pairs.jsonl"
    file.write_text(lines([{"query": "a", "document": "b"}, {"query": "", "document": ""}, {"query": "a"}]), "utf-8")
    done = within("predict", ranking.folder, "--task", "relevance", "--input", file)
    assert done.returncode == 2
    assert done.stderr == (
        f"{file}:3: should hold a text under 'document'. Found the keys query.\n"
        f"{file}: 2 rows before it are answered, and none after it.\n"
    )
    assert len(done.stdout.splitlines()) == 2


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ({"document": "a"}, "under 'query'. Found the keys document"),
        ({"query": "a", "document": None}, "under 'document'. Found 'null'"),
        ({"query": "a", "document": {"b": 1}}, "under 'document'. Found '{\"b\": 1}'"),
    ],
)
def test_a_row_without_one_of_the_inputs(row: dict[str, Any], found: str) -> None:
    rows = lines([{"query": "a", "document": "b"}, row]).splitlines()
    with pytest.raises(DataError) as caught:
        list(parsed_rows(iter(rows), ("query", "document"), "in"))
    assert str(caught.value) == f"in:2: should hold a text {found}."


def test_plain_text_for_two_inputs() -> None:
    with pytest.raises(DataError) as caught:
        list(parsed_rows(iter(["play\tsongs"]), ("query", "document"), "in.tsv"))
    assert str(caught.value) == (
        "in.tsv:1: should be JSON lines, as the task has several inputs (query, document). Found plain text."
    )
