from __future__ import annotations

import json
from collections import deque
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mtl
from mtl.base.errors import UsageError
from mtl.data.labels import Labels
from mtl.data.targets import Answer, OneLabel, Tags
from mtl.runs.predictor import Predictor, by_input

TEXTS = ["play hey jude now", "", " \n", "wake me at six thirty please", "caf\u00e9 \u4f60\u597d!", "put on blackbird"]


@pytest.fixture(scope="module")
def predictor(small_run: Path) -> Predictor:
    return Predictor.load(small_run)


def close(one: Any, other: Any) -> bool:
    """Compare answers: scores within 1e-5, all else exactly."""
    if isinstance(one, dict):
        return list(one) == list(other) and all(close(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(close(a, b) for a, b in zip(one, other, strict=True))
    return bool(abs(one - other) < 1e-5 if isinstance(one, float) else one == other)


def test_a_row_task_gives_a_label_its_score_and_all_scores(predictor: Predictor) -> None:
    (answer,) = predictor.predict("intent", ["play yesterday"])
    assert list(answer) == ["label", "score", "scores"]
    assert answer["label"] == "play"
    assert answer["scores"]["play"] == answer["score"]
    assert tuple(answer["scores"]) == predictor.labels("intent") == ("play", "wake")
    assert sum(answer["scores"].values()) == pytest.approx(1)


def test_a_token_task_gives_tokens_as_they_stand_in_the_text(predictor: Predictor) -> None:
    (answer,) = predictor.predict("slots", ["Wake me at SIX thirty!"])
    assert list(answer) == ["tokens", "tags", "score"]
    assert answer["tokens"] == ["Wake", "me", "at", "SIX", "thirty", "!"]
    assert answer["tags"][:5] == ["O", "O", "O", "B-time", "I-time"]
    assert len(answer["score"]) == 6


def test_an_empty_text_has_no_tokens(predictor: Predictor) -> None:
    nothing = {"tokens": [], "tags": [], "score": []}
    assert predictor.predict("slots", ["", " \t\n"]) == [nothing, nothing]
    assert predictor.predict("slots", []) == []
    assert [answer["label"] in ("play", "wake") for answer in predictor.predict("intent", ["", " "])] == [True, True]


@pytest.mark.parametrize("task", ["intent", "slots"])
@pytest.mark.parametrize("batch_size", [1, 4, 64])
def test_answers_are_those_of_the_bundle_at_every_batch_size(
    predictor: Predictor, small_run: Path, task: str, batch_size: int
) -> None:
    eager = predictor.predict(task, TEXTS, batch_size=batch_size)
    exported = mtl.Bundle(small_run / "export").predict(task, TEXTS)
    assert close(eager, exported)
    assert json.loads(json.dumps(eager)) == eager


def test_texts_by_the_name_of_the_input(predictor: Predictor) -> None:
    assert predictor.inputs("intent") == ("text",)
    assert predictor.predict("intent", {"text": TEXTS}) == predictor.predict("intent", TEXTS)


def test_bytes_are_read_as_utf_8(predictor: Predictor) -> None:
    assert predictor.predict("slots", ["caf\u00e9 \ufffd".encode(), b"\xff"])[0]["tokens"] == ["caf\u00e9", "\ufffd"]
    assert predictor.predict("slots", [b"\xff"])[0]["tokens"] == ["\ufffd"]


@pytest.mark.parametrize("text", ["\ud800", "nul \x00 end\x00", "a" * 100_000, "\u0000", "\u202eabc"])
def test_no_text_breaks_it(predictor: Predictor, text: str) -> None:
    assert len(predictor.predict("slots", [text])) == 1


@pytest.mark.parametrize(
    ("task", "texts", "sentence"),
    [
        ("slot", [], "no task named 'slot'. Did you mean 'slots'? Tasks: intent, slots."),
        ("slots", "play", "the input 'text' of 'slots' should be a list of texts. Found one text."),
        ("slots", {"text": "play"}, "the input 'text' of 'slots' should be a list of texts. Found one text."),
        ("slots", iter(["play"]), "the input 'text' of 'slots' should be a list of texts. Found list_iterator."),
        ("slots", None, "the input 'text' of 'slots' should be a list of texts. Found NoneType."),
        ("slots", {"text": {"a": 1}}, "the input 'text' of 'slots' should be a list of texts. Found dict."),
        ("slots", {"query": ["a"]}, "'slots' should get texts for its inputs: text. Found query."),
        ("slots", {"text": ["a"], "more": ["b"]}, "'slots' should get texts for its inputs: text. Found more, text."),
        ("slots", ["a", 3], "row 1 of the input 'text' of 'slots' should be a text. Found int."),
    ],
)
def test_what_cannot_be_answered(predictor: Predictor, small_run: Path, task: str, texts: Any, sentence: str) -> None:
    with pytest.raises(UsageError) as error:
        predictor.predict(task, texts)
    assert str(error.value) == sentence
    if task in predictor.tasks:  # a bundle says it in the same words
        with pytest.raises(UsageError) as error:
            mtl.Bundle(small_run / "export").predict(task, texts)
        assert str(error.value) == sentence


@pytest.mark.parametrize("size", [0, "3", 2.5, None])
def test_a_batch_holds_at_least_one_row(predictor: Predictor, small_run: Path, size: Any) -> None:
    for answering in (predictor, mtl.Bundle(small_run / "export")):
        with pytest.raises(UsageError) as error:
            answering.predict("slots", ["a"], batch_size=size)
        assert str(error.value) == f"'batch_size' should be 1 or more. Found {size!r}."


def test_any_sequence_of_texts_is_answered(predictor: Predictor, small_run: Path) -> None:
    texts = ["play yesterday", "wake me at noon"]
    for answering in (predictor, mtl.Bundle(small_run / "export")):
        wanted = answering.predict("intent", texts, batch_size=1)
        for given, one in ((tuple(texts), 1), (deque(texts), np.int64(1)), (np.array(texts, object), True)):
            assert answering.predict("intent", given, batch_size=one) == answering.predict(
                "intent", texts, batch_size=1
            )
            assert [a["label"] for a in answering.predict("intent", given)] == [a["label"] for a in wanted]


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        (["a"], "'t' should get texts for its inputs: answer, query. Found one list."),
        (
            {"query": ["a"], "answer": []},
            "the inputs of 't' should have as many texts each. Found 1 of 'query', 0 of 'answer'.",
        ),
    ],
)
def test_tasks_with_several_inputs(texts: Any, sentence: str) -> None:
    with pytest.raises(UsageError) as error:
        by_input(texts, "t", ("query", "answer"))
    assert str(error.value) == sentence


def test_values_are_shown_as_the_target_says() -> None:
    label, tags = OneLabel(), Tags()
    label.labels = tags.labels = Labels(("a", "b"), (1, 1))
    assert [label.shown(Answer("label", "best", labels=True), np.array(value)) for value in (1, 0)] == ["b", "a"]
    declared = Answer("tags", "best", labels=True, dims=("T",))
    assert [tags.shown(declared, np.array(row)) for row in ([1, 0], [1])] == [["b", "a"], ["b"]]
    assert label.shown(Answer("scores", "scores", dims=("C",)), np.array([1.0, 0.0])) == {"a": 1.0, "b": 0.0}


def test_a_folder_without_a_run(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as error:
        Predictor.load(tmp_path)
    assert str(error.value) == f"{tmp_path}: should be the folder of a run. Found an empty folder."
