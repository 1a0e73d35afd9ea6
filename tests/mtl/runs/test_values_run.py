"""Numbers and categories of other columns beside a task's texts, from rows to verified graphs and answers."""

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
name: beside
seed: 3
sources:
  people: {format: jsonl, train: train.jsonl, dev: dev.jsonl, test: test.jsonl}
  words: {format: jsonl, train: train.jsonl, test: test.jsonl}
tasks:
  kind:
    type: text_classification
    source: people
    inputs: {text: text, age: {column: age, tokenizer: number}, city: {column: city, tokenizer: value}}
    target: kind
    model:
      embedding: {type: word, dim: 8}
      age: {embedding: {missing: indicator}}
      decoder: {type: mlp, hidden: [16]}
  tags:
    type: word_tagging
    source: people
    inputs: {text: text, years: {column: age, tokenizer: number}}
    target: tags
    model: {embedding: {type: word, dim: 8}, years: {embedding: {type: dense}}}
  same:
    type: text_pair_classification
    source: people
    inputs: {one: text, other: city, age: {column: age, tokenizer: number}}
    target: kind
  verb:
    type: text_classification
    source: words
    inputs: {text: text}
    target: verb
    model: {embedding: {type: word, dim: 8}}
share: {words: [kind.embedding, tags.embedding, verb.embedding]}
train: {epochs: 14, batch: {size: 16}, optimizer: {type: adam, lr: 0.03}, gradients_every: 0}
"""


def rows(count: int, seed: int) -> list[dict[str, Any]]:
    """Return rows whose answers follow from what is beside their texts: an age, which may be missing, or a city."""
    generator = random.Random(seed)
    found = []
    for _ in range(count):
        age = generator.choice([None, generator.randint(0, 90), round(generator.uniform(0, 90), 2)])
        city, verb = generator.choice(["New York", "Rome", "Oslo"]), generator.choice(["play", "stop"])
        kind = verb if city == "New York" else "unknown" if age is None else "old" if age > 45 else "young"
        tag = "old" if age is not None and age > 45 else "other"
        found.append({"text": f"{verb} it", "age": age, "city": city, "kind": kind, "verb": verb, "tags": [tag, "O"]})
    return found


def write(folder: Path, recipe: str = RECIPE) -> Path:
    for seed, (split, count) in enumerate({"train": 240, "dev": 40, "test": 60}.items()):
        (folder / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows(count, seed)))
    (folder / "recipe.yaml").write_text(recipe)
    return folder / "recipe.yaml"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("beside") / "run"


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    return mtl.run(write(folder.parent), out=folder)


GIVEN: dict[str, list[Any]] = {
    "text": ["play it", "stop it", "play it", "", "stop"],
    "age": [80, None, 12.5, "70", float("nan")],
    "city": ["Oslo", "New York", "Rome", None, "Paris"],
}


def test_it_learns_what_only_the_values_say(run: Run) -> None:
    test = rows(60, 2)
    given = {name: [row[name] for row in test] for name in ("text", "age", "city")}
    answers = run.predict("kind", given)
    assert sum(answer["label"] == row["kind"] for answer, row in zip(answers, test, strict=True)) >= 56
    tagged = run.predict("tags", {"text": given["text"], "years": given["age"]})
    assert sum(answer["tags"][0] == row["tags"][0] for answer, row in zip(tagged, test, strict=True)) >= 54


def test_the_export_takes_them_as_inputs_of_their_own(run: Run, folder: Path) -> None:
    assert run.manifest["verified"]["rows"] == {"kind": 60, "tags": 60, "same": 60, "verb": 60}
    entries = run.manifest["tasks"]
    assert {task: entry["inputs"] for task, entry in entries.items()} == {
        "kind": ["text", "age", "city"],
        "tags": ["text", "years"],
        "same": ["one", "other", "age"],
        "verb": ["text"],
    }
    bundle, loaded = mtl.Bundle(folder / "export"), Predictor.load(folder)
    wanted = run.predict("kind", GIVEN)
    singly = bundle.predict("kind", GIVEN, batch_size=1)
    for found in (singly, bundle.predict("kind", GIVEN), loaded.predict("kind", GIVEN)):
        assert [answer["label"] for answer in found] == [answer["label"] for answer in wanted]
        assert [answer["score"] for answer in found] == pytest.approx([answer["score"] for answer in wanted], abs=1e-5)


def test_a_stock_runtime_takes_them_as_strings(run: Run, folder: Path) -> None:
    session = onnxruntime.InferenceSession(folder / "export/kind.onnx")
    strings = {"text": ["play it", "", "stop"], "age": ["80", "", " 12.5 "], "city": ["Oslo", "", "nowhere"]}
    (labels,) = session.run(["label"], {name: np.array(texts, object) for name, texts in strings.items()})
    assert labels.tolist() == [answer["label"] for answer in run.predict("kind", strings)]
    (labels,) = session.run(["label"], {name: np.array([], object) for name in strings})
    assert labels.tolist() == []


def test_the_text_is_read_once_for_all_heads(run: Run) -> None:
    keys = [run.graph.inputs(task, by="front_end")["text"] for task in ("kind", "tags", "verb")]
    assert len(set(keys)) == 1


def test_the_command_line_takes_numbers(run: Run, folder: Path) -> None:
    wanted = [answer["label"] for answer in run.predict("kind", GIVEN)]
    lines = [dict(zip(GIVEN, values, strict=True)) for values in zip(*GIVEN.values(), strict=True)]
    lines[-1]["age"] = None
    content = "".join(json.dumps(line) + "\n" for line in lines).encode()
    for answering in (folder, folder / "export"):
        for options in ((), ("--format", "jsonl")):
            done = within("predict", answering, "--task", "kind", *options, stdin=content)
            assert done.stderr == ""
            assert [json.loads(line)["label"] for line in done.stdout.splitlines()] == wanted
    table = "text\tage\tcity\n" + "play it\t80\tOslo\nstop it\t\tNew York\n"
    done = within("predict", folder, "--task", "kind", "--format", "tsv", stdin=table.encode())
    assert [json.loads(line)["label"] for line in done.stdout.splitlines()] == wanted[:2]


@pytest.mark.parametrize(
    ("line", "options", "message"),
    [
        (
            '{"text": "a", "age": "old", "city": "Oslo"}',
            (),
            "standard input:1: column 'age': should be a number such as 12.5 or -3e4, or nothing. Found 'old'.\n",
        ),
        (
            '{"text": "a", "age": 1, "city": ["Oslo"]}',
            ("--format", "jsonl"),
            "standard input:1: column 'city': should be one value: a text, a number or nothing. Found list.\n",
        ),
        (
            '{"text": "a", "city": "Oslo"}',
            (),
            "standard input:1: should hold a number under 'age'. Found the keys city, text. Write '\"age\": null' "
            "where there is none.\n",
        ),
    ],
)
@pytest.mark.usefixtures("run")
def test_the_command_line_names_what_is_no_value(
    folder: Path, line: str, options: tuple[str, ...], message: str
) -> None:
    done = within("predict", folder, "--task", "kind", *options, stdin=line.encode())
    assert done.returncode == 2
    assert done.stderr == f"{message}standard input: no row is answered.\n"


@pytest.mark.parametrize("exported", [False, True])
def test_python_names_what_is_no_value(run: Run, folder: Path, exported: bool) -> None:
    answering = mtl.Bundle(folder / "export") if exported else run
    with pytest.raises(UsageError) as error:
        answering.predict("kind", {**GIVEN, "age": [1, 2, "three", 4, 5]})
    assert str(error.value) == (
        "row 2 of the input 'age' of 'kind' should be a number such as 12.5 or -3e4, or nothing. Found 'three'."
    )


def test_a_row_whose_number_is_none_is_named(tmp_path: Path) -> None:
    recipe = write(tmp_path)
    with (tmp_path / "train.jsonl").open("a") as file:
        file.write(json.dumps({**rows(1, 0)[0], "age": "forty"}) + "\n")
    with pytest.raises(DataError) as error:
        mtl.run(recipe, out=tmp_path / "run")
    assert str(error.value).splitlines()[0] == (
        f"{tmp_path / 'train.jsonl'}:241: column 'age': should be a number such as 12.5 or -3e4, or nothing. "
        "Found 'forty'."
    )
