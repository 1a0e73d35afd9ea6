"""Questions about texts, some of which have no answer there: from SQuAD's JSON to verified graphs."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

import mtl
from mtl.runs.comparing.finished_runs import RowsApart, compare_finished
from mtl.runs.wrong_answers import wrong_answers
from tests.commands import within

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


ASKED = (  # question, context, right answers, whether the answer of a good model is wrong
    ("Who lives there?", "For years now, Ada lives in Oslo.", ("Oslo", "in Oslo", "Oslo"), True),
    ("Which city is it?", "For years now, Tom lives in Oslo.", ("in Oslo", "Oslo."), False),  # punctuation is none
    ("Which city is it?", "For years now, Ada lives in Paris.", (), True),
    ("What does it cost?", "For years now, Ada lives in Paris.", (), False),
    ("What does it cost?", "For years now, Tom lives in Paris.", ("Tom",), True),
)


@pytest.fixture(scope="module")
def measured(run: mtl.Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of the run and of another test split, some of whose right answers are wrong, and two of them train's."""
    folder = tmp_path_factory.mktemp("measured")
    shutil.copytree(run.out, folder / "run")
    shutil.copytree(run.out.parent, folder / "data", ignore=shutil.ignore_patterns("run", ".mtl_cache"))
    paragraphs = []
    for number, (question, context, right, _) in enumerate(ASKED):
        answers = [{"text": text, "answer_start": context.index(text)} for text in right]
        row = {"id": str(number), "question": question, "is_impossible": not right, "answers": answers}
        paragraphs.append({"context": context, "qas": [row]})
    split = {"version": "v2.0", "data": [{"title": "cities", "paragraphs": paragraphs}]}
    (folder / "data/test.json").write_text(json.dumps(split), "utf-8")
    return folder


def test_wrong_parts_of_texts_come_most_certain_first(measured: Path) -> None:
    run = mtl.Run.open(measured / "run", data=measured / "data")
    found = wrong_answers(run, "answer")
    assert (found.inputs, found.labelled, found.confusions) == (("question", "context"), 5, ())
    asked = [(question, context) for question, context, _, _ in ASKED]
    answers = run.predict("answer", {"question": [q for q, _ in asked], "context": [c for _, c in asked]})
    assert [answer["text"] for answer in answers] == ["Ada", "Oslo", "Paris", "", ""]
    wanted = [
        (number, pytest.approx(answer["score"], abs=1e-5), right, answer["text"] or None, context)
        for number, ((_, context, right, wrong), answer) in enumerate(zip(ASKED, answers, strict=True), 1)
        if wrong
    ]
    wanted.sort(key=lambda row: -answers[row[0] - 1]["score"])
    assert [(row.number, row.certainty, row.gold, row.answer, row.texts["context"]) for row in found.rows] == wanted


SHOWN = {
    1: "1    Oslo | in Oslo  Ada     Who lives there?    For years now, Ada lives in Oslo. ",
    3: "3    (none)          Paris   Which city is it?   For years now, Ada lives in Paris.",
    5: "5    Tom             (none)  What does it cost?  For years now, Tom lives in Paris.",
}


def test_the_command_shows_them(measured: Path) -> None:
    found = wrong_answers(mtl.Run.open(measured / "run", data=measured / "data"), "answer")
    done = within("errors", measured / "run", "--data", measured / "data")
    assert done.returncode == 0
    table = measured / "run/errors/answer.test.tsv"
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    assert lines[3:6] == [f"{SHOWN[row.number]}{row.certainty:>11.4f}" for row in found.rows]
    assert lines[:3] + lines[6:] == [
        "answer: 3 of 5 rows of test answered wrongly",
        "",
        "row  gold            answer  question            context                             certainty",
        "",
        "2 rows with the text of a row of train and other gold there:",
        "gold            question            context                             gold in train  row",
        "Oslo | in Oslo  Who lives there?    For years now, Ada lives in Oslo.   Ada              1",
        "Tom             What does it cost?  For years now, Tom lives in Paris.  (none)           5",
        "",
        f"{table}: 3 rows",
    ]
    kept = [line.split("\t") for line in table.read_text("utf-8").splitlines()]
    assert kept[0] == ["row", "file", "line", "certainty", "gold", "answer", "question", "context"]
    assert sorted(row[4:6] for row in kept[1:]) == [["(none)", "Paris"], ["Oslo | in Oslo", "Ada"], ["Tom", "(none)"]]


def test_rows_of_an_export_are_compared_with_those_of_its_run(measured: Path) -> None:
    folders = (measured / "run", measured / "run/export")
    found = compare_finished(folders, data=measured / "data")
    assert found.apart == ({"answer": RowsApart(5, 0, 0, 0)},)
