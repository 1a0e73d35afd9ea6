"""Questions about texts, some of which have no answer there: from SQuAD's JSON to verified graphs."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

import mtl

PEOPLE, PLACES = ["Ada", "Mary Ann", "Tom"], ["Paris", "New York", "Oslo"]
RECIPE: dict[str, Any] = {
    "name": "questions",
    "sources": {"passages": {"format": "squad", "train": "train.json", "dev": "dev.json", "test": "test.json"}},
    "tasks": {
        "answer": {
            "type": "question_answering",
            "no_answer": True,
            "source": "passages",
            "inputs": {name: {"column": name, "tokenizer": "unicode_words"} for name in ("question", "context")},
            "target": "answers",
            "model": {
                "question": {
                    "embedding": {"type": "word", "dim": 16},
                    "representation": {"type": "bilstm", "hidden": 8},
                },
                "context": {"representation": {"type": "bilstm", "hidden": 8}},
                "decoder": {"type": "attention_flow", "dim": 16, "hidden": 16},
            },
        }
    },
    "share": {"words": ["answer.question.embedding", "answer.context.embedding"]},
    "train": {"epochs": 8, "batch": {"size": 8}, "optimizer": {"type": "adamw", "lr": 0.01}, "threads": 1},
}


def passages(rows: int, draw: random.Random) -> dict[str, Any]:
    """Return a split in the form of SQuAD 2.0."""
    paragraphs = []
    for number in range(rows):
        person, place = draw.choice(PEOPLE), draw.choice(PLACES)
        context = f"For years now, {person} lives in {place}."
        asked = [("Who lives there?", person), ("Which city is it?", place), ("What does it cost?", None)]
        question, answer = draw.choice(asked)
        found = [] if answer is None else [{"text": answer, "answer_start": context.index(answer)}]
        row = {"id": str(number), "question": question, "is_impossible": answer is None, "answers": found}
        paragraphs.append({"context": context, "qas": [row]})
    return {"version": "v2.0", "data": [{"title": "cities", "paragraphs": paragraphs}]}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> mtl.Run:
    folder = tmp_path_factory.mktemp("questions")
    draw = random.Random(0)
    for split, rows in (("train", 96), ("dev", 30), ("test", 30)):
        (folder / f"{split}.json").write_text(json.dumps(passages(rows, draw)), "utf-8")
    return mtl.run(RECIPE, out=folder / "run", data=folder)


def test_it_learns_who_where_and_that_there_is_no_answer(run: mtl.Run) -> None:
    figures = run.metrics["test"]["answer"]
    assert set(figures) == {"exact_match", "f1", "answered_f1", "unanswered_accuracy"}
    assert min(figures["answered_f1"], figures["unanswered_accuracy"]) > 0.7


def test_run_and_export_quote_the_text(run: mtl.Run) -> None:
    texts = {
        "question": ["Which city is it?", "What does it cost?", "Who lives there?"],
        "context": ["For years now, Tom lives in New York.", "For years now, Tom lives in Oslo.", ""],
    }
    bundle = mtl.Bundle(run.out / "export")
    eager, exported = run.predict("answer", texts), bundle.predict("answer", texts)
    for one, other in zip(eager, exported, strict=True):
        assert one["score"] == pytest.approx(other["score"], abs=1e-5)
        assert {**one, "score": 0} == {**other, "score": 0}
    first, second, empty = exported
    assert (first["text"], first["tokens"][first["start"] : first["end"] + 1]) == ("New York", ["New", "York"])
    assert (second["text"], second["start"], second["end"]) == ("", -1, -1)
    assert empty == {"tokens": [], "start": -1, "end": -1, "score": 1.0, "text": ""}
    assert run.manifest["tasks"]["answer"]["quotes"] == "context"


def test_an_export_is_measured_as_its_run_is(run: mtl.Run) -> None:
    ours, exported = run.evaluate("test"), run.evaluate("test", answerer=run.out / "export")
    assert ours.metrics == exported.metrics
    assert ours.predictions == exported.predictions
    assert {"Ada", "Mary Ann", "New York", ""} <= set(ours.predictions["answer"])
