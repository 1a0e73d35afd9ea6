"""Lists of categories with weights beside a text, or in its place: from rows to verified graphs and answers."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

import mtl
from mtl.base.errors import DataError, UsageError
from mtl.runs.predictor import Predictor
from mtl.runs.runner import Run
from tests.commands import within

RECIPE = """
name: lists
seed: 3
sources:
  listeners: {format: jsonl, train: train.jsonl, dev: dev.jsonl, test: test.jsonl}
tasks:
  taste:
    type: text_classification
    source: listeners
    inputs: {text: text, genres: {column: genres, tokenizer: categories, lowercase: true}}
    target: taste
    model: {embedding: {type: word, dim: 4}, genres: {embedding: {dim: 8}}}
  likes:
    type: text_classification
    source: listeners
    inputs: {text: {column: genres, tokenizer: categories, lowercase: true}}
    target: taste
    model: {embedding: {type: categorical, dim: 8, lists: sum}}
train: {epochs: 16, batch: {size: 16}, optimizer: {type: adam, lr: 0.03}, gradients_every: 0}
"""
GENRES = ("rock", "Pop", "12:30")


def rows(count: int, seed: int) -> list[dict[str, Any]]:
    """Return rows whose answer is the heaviest category of a list that is written in one of three ways."""
    generator = random.Random(seed)
    found = []
    for number in range(count):
        weights = dict(zip(generator.sample(GENRES, 2), generator.sample((0.5, 1, 3), 2), strict=True))
        genres: Any = weights if number % 3 else list(weights.items())
        taste = max(weights, key=weights.__getitem__)
        if number % 3 == 2:
            genres, taste = [taste], taste
        if number % 10 == 9:
            genres, taste = None, "none"
        found.append({"text": generator.choice(["it", "that"]), "genres": genres, "taste": taste})
    return found


def write(folder: Path) -> Path:
    for seed, (split, count) in enumerate({"train": 240, "dev": 40, "test": 60}.items()):
        (folder / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows(count, seed)))
    (folder / "recipe.yaml").write_text(RECIPE)
    return folder / "recipe.yaml"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lists") / "run"


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    return mtl.run(write(folder.parent), out=folder)


GIVEN: list[Any] = [
    ["rock"],
    {"rock": 0.5, "Pop": 3},
    [["12:30", 2], ["rock", 1]],
    "ROCK:2|pop",
    None,
    ["polka"],
    {"rock": 0},
    [["rock", 1e9], ["Pop", 1e-9]],
]


def test_it_learns_what_weights_say(run: Run) -> None:
    test = rows(60, 2)
    given = {"text": [row["text"] for row in test], "genres": [row["genres"] for row in test]}
    for answers in (run.predict("taste", given), run.predict("likes", given["genres"])):
        assert sum(answer["label"] == row["taste"] for answer, row in zip(answers, test, strict=True)) >= 56


def test_the_export_answers_as_the_model_alone_and_in_batches(run: Run, folder: Path) -> None:
    assert run.manifest["verified"]["rows"] == {"taste": 60, "likes": 60}
    bundle, loaded = mtl.Bundle(folder / "export"), Predictor.load(folder)
    for task, given in (("taste", {"text": ["it"] * len(GIVEN), "genres": GIVEN}), ("likes", GIVEN)):
        wanted = run.predict(task, given)
        others = [answering.predict(task, given, batch_size=size) for answering in (bundle, loaded) for size in (1, 64)]
        for found in others:
            assert [answer["label"] for answer in found] == [answer["label"] for answer in wanted]
            scores = [answer["score"] for answer in found]
            assert scores == pytest.approx([answer["score"] for answer in wanted], abs=1e-5)


def test_a_stock_runtime_takes_lists_as_strings(run: Run, folder: Path) -> None:
    session = onnxruntime.InferenceSession(folder / "export/likes.onnx")
    strings = ["rock", "rock:0.5 | pop:3", "12:30:2|rock", "", "polka"]
    (labels,) = session.run(["label"], {"text": np.array(strings, object)})
    assert labels.tolist() == [answer["label"] for answer in run.predict("likes", strings)]
    assert labels.tolist()[:4] == ["rock", "Pop", "12:30", "none"]


def test_the_command_line_takes_lists_and_maps(run: Run, folder: Path) -> None:
    wanted = [answer["label"] for answer in run.predict("likes", GIVEN)]
    content = "".join(json.dumps({"text": genres}) + "\n" for genres in GIVEN).encode()
    for answering in (folder, folder / "export"):
        done = within("predict", answering, "--task", "likes", stdin=content)
        assert done.stderr == ""
        assert [json.loads(line)["label"] for line in done.stdout.splitlines()] == wanted


def test_what_is_no_list_is_named_with_its_row(run: Run, folder: Path, tmp_path: Path) -> None:
    message = "the weight of 'rock' should be a number from 0 to 1e+09. Found -1."
    for answering in (run, mtl.Bundle(folder / "export")):
        with pytest.raises(UsageError) as error:
            answering.predict("likes", [["rock"], {"rock": -1}])
        assert str(error.value) == f"row 1 of the input 'text' of 'likes' {message}"
    recipe = write(tmp_path)
    with (tmp_path / "train.jsonl").open("a") as file:
        file.write(json.dumps({"text": "it", "genres": {"rock": -1}, "taste": "rock"}) + "\n")
    with pytest.raises(DataError) as wrong:
        mtl.run(recipe, out=tmp_path / "run")
    assert str(wrong.value).splitlines()[0] == f"{tmp_path / 'train.jsonl'}:241: column 'genres': {message}"


def test_a_list_in_a_column_that_is_a_text_as_well(tmp_path: Path) -> None:
    recipe = write(tmp_path)
    recipe.write_text(RECIPE.replace("{text: text, genres", "{text: genres, genres"))
    row = {"text": "it", "genres": ["rock", "hip hop"], "taste": "rock"}
    (tmp_path / "train.jsonl").write_text(json.dumps(row) + "\n")
    with pytest.raises(DataError) as wrong:
        mtl.run(recipe, out=tmp_path / "run")
    assert str(wrong.value).splitlines()[0] == (
        f"{tmp_path / 'train.jsonl'}:1: column 'genres': should be a text in a column that one input reads as a text "
        'and another as a list of categories, such as \'rock:2|pop\'. Found list: ["rock", "hip hop"]. Write it so, or '
        "use two columns."
    )
