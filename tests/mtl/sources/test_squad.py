"""SQuAD's JSON, versions 1.1 and 2.0, and files that are none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mtl.base.errors import DataError
from mtl.sources.squad import SquadSource

CONTEXT = "Tom lives in New York."
ANSWER = {"text": "New York", "answer_start": 13}


def written(folder: Path, *qas: Any, context: Any = CONTEXT) -> SquadSource:
    content = {"version": "v2.0", "data": [{"title": "Tom", "paragraphs": [{"context": context, "qas": list(qas)}]}]}
    (folder / "train.json").write_text(json.dumps(content), "utf-8")
    return SquadSource(train="train.json")


def test_a_row_is_a_question(tmp_path: Path) -> None:
    source = written(
        tmp_path,
        {"id": "1", "question": "Where?", "answers": [ANSWER, {"text": "York", "answer_start": 17}]},
        {"id": "2", "question": "When?", "is_impossible": True, "answers": [], "plausible_answers": [ANSWER]},
    )
    first, second = source.read("train", tmp_path)
    assert first.values == {
        "id": "1",
        "title": "Tom",
        "context": CONTEXT,
        "question": "Where?",
        "answers": [{"text": "New York", "start": 13}, {"text": "York", "start": 17}],
    }
    assert (second.values["answers"], second.line) == ([], 2)
    assert source.columns("train", tmp_path) == ["id", "title", "context", "question", "answers"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[", "should be JSON as SQuAD has it. Found: Expecting value: line 1 column 2 (char 1)."),
        ("[]", "should be a JSON object with a list 'data' of articles. Found another."),
        ('{"data": 3}', "should be a JSON object with a list 'data' of articles. Found another."),
        ('{"data": []}', "should have rows. There are none."),
    ],
)
def test_files_of_another_form(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "train.json").write_text(content, "utf-8")
    with pytest.raises(DataError) as error:
        list(SquadSource(train="train.json").read("train", tmp_path))
    assert str(error.value) == f"{tmp_path / 'train.json'}: {message}"


QUESTION = "should be a question in 'qas' of a paragraph with a 'context'. Found another form."
ANSWERS = "'answers' should be a list of objects with 'text' and 'answer_start'. Found another form."


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"id": "1", "answers": [ANSWER]}, QUESTION),
        (3, QUESTION),
        ({"question": "Where?", "answers": None}, ANSWERS),
        ({"question": "Where?", "answers": [{"text": "York"}]}, ANSWERS),
        ({"question": "Where?", "answers": [{"text": "York", "answer_start": True}]}, ANSWERS),
    ],
)
def test_rows_of_another_form(tmp_path: Path, asked: Any, message: str) -> None:
    source = written(tmp_path, {"question": "Where?", "answers": [ANSWER]}, asked)
    with pytest.raises(DataError) as error:
        list(source.read("train", tmp_path))
    assert str(error.value) == f"{tmp_path / 'train.json'}:2: {message}"


def test_a_paragraph_without_a_text(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        list(written(tmp_path, {"question": "Where?", "answers": []}, context=None).read("train", tmp_path))
    assert str(error.value) == f"{tmp_path / 'train.json'}:1: {QUESTION}"


@pytest.mark.parametrize("paragraph", [{"context": CONTEXT}, {"context": CONTEXT, "qas": None}, 3])
def test_a_paragraph_without_a_list_of_questions(tmp_path: Path, paragraph: Any) -> None:
    content = {"data": [{"title": "Tom", "paragraphs": [paragraph]}]}
    (tmp_path / "train.json").write_text(json.dumps(content), "utf-8")
    with pytest.raises(DataError) as error:
        list(SquadSource(train="train.json").read("train", tmp_path))
    assert str(error.value) == f"{tmp_path / 'train.json'}:1: {QUESTION}"


def test_empty_lists_have_no_row(tmp_path: Path) -> None:
    asked = [{"id": "1", "question": "Where?", "answers": [ANSWER]}]
    articles = [
        {"title": "none", "paragraphs": []},
        {"title": "Tom", "paragraphs": [{"context": "No question.", "qas": []}, {"context": CONTEXT, "qas": asked}]},
    ]
    (tmp_path / "train.json").write_text(json.dumps({"data": articles}), "utf-8")
    (row,) = SquadSource(train="train.json").read("train", tmp_path)
    assert (row.values["context"], row.line) == (CONTEXT, 1)


def test_a_question_without_answers_has_no_label(tmp_path: Path) -> None:
    (row,) = written(tmp_path, {"id": "1", "question": "Where?"}).read("train", tmp_path)
    assert row.values["answers"] is None


def test_bad_rows_are_left_out_where_they_may_be(tmp_path: Path) -> None:
    written(tmp_path, {"question": "Where?", "answers": [ANSWER]}, 3)
    source = SquadSource(train="train.json", on_bad_row="skip")
    assert len(list(source.read("train", tmp_path))) == 1
    assert len(source.skipped) == 1
