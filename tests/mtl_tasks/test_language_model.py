"""Language models from text files to verified graphs: figures, answers, one table, and what resumes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import mtl
from mtl.base.errors import RecipeError
from mtl.base.tensors import read_tensors
from mtl.compile.loading import recipe_from_dict
from mtl.data.prepare import prepare
from mtl.data.targets import Example, Names, NextToken
from mtl.graph.build import build_graph
from mtl.runs.runner import Run
from mtl.sources.opening import open_sources
from mtl.train.trainer import Trainer
from tests.mtl.small_run import parameters, same

LINES = [
    f"the {size} {animal} {verb} the {other}"
    for size in ("small", "old", "quick")
    for animal in ("dog", "cat", "fox", "hen")
    for verb in ("sees", "hears", "likes")
    for other in ("dog", "hen", "rabbit")
]
TABLE = ["lm.embedding", "lm.output.words"]


def write(folder: Path) -> Path:
    for split, lines in {"train": LINES[::2], "dev": LINES[1::4], "test": [*LINES[3::4], "the zebra sleeps"]}.items():
        (folder / f"{split}.txt").write_text("\n".join(lines) + "\n")
    return folder


def recipe(output: Mapping[str, Any] | None = None, **keys: Any) -> dict[str, Any]:
    task = {
        "type": "language_model",
        "source": {"format": "plain_text", **{split: f"{split}.txt" for split in ("train", "dev", "test")}},
        "inputs": {"text": {"column": "text", "tokenizer": "whitespace"}},
        "model": {
            "embedding": {"type": "word", "dim": 8, "initial": 0.1},
            "representation": {"type": "lstm", "hidden": 12, "dropout": 0.1},
            "output": output or {"words": {}, "top": 3},
        },
        **keys,
    }
    return {
        "name": "lm",
        "tasks": {"lm": task},
        "share": {"table": TABLE},
        "train": {"optimizer": {"type": "adam", "lr": 0.03}, "batch": {"size": 8}, "epochs": 4, "evaluate_every": 9},
    }


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = write(tmp_path_factory.mktemp("lm"))
    return mtl.run(recipe(), out=folder / "run", data=folder)  # an export is verified before it is there


def test_a_text_is_scored_token_by_token_with_its_end(run: Run) -> None:
    (answer,) = run.predict("lm", ["the old dog sees"])
    assert answer["tokens"] == ["the", "old", "dog", "sees"]
    assert len(answer["log_probability"]) == 4
    assert answer["total"] == pytest.approx(sum(answer["log_probability"]) + answer["end_log_probability"], abs=1e-5)
    assert answer["next"][0] == "the"  # which follows every verb
    assert answer["next_probability"] == sorted(answer["next_probability"], reverse=True)
    (whole,) = run.predict("lm", ["the old dog sees the"])
    assert whole["log_probability"][:4] == pytest.approx(answer["log_probability"], abs=1e-5)
    assert math.exp(whole["log_probability"][4]) == pytest.approx(answer["next_probability"][0], abs=1e-5)
    (ended,) = run.predict("lm", ["the old dog sees the hen"])
    assert ended["next"][0] == ""


def test_it_learns_more_than_how_frequent_words_are(run: Run) -> None:
    assert run.test()["test"]["lm"]["perplexity"] < 6


def test_the_export_answers_alike_without_torch(run: Run) -> None:
    bundle = mtl.Bundle(run.out / "export")
    texts = ["the old dog sees", "", "a zebra"]
    for found, wanted in zip(bundle.predict("lm", texts), run.predict("lm", texts), strict=True):
        assert list(found) == list(wanted)
        for key in ("log_probability", "end_log_probability", "total", "next_probability"):
            assert found[key] == pytest.approx(wanted[key], abs=1e-4)
        assert (found["tokens"], found["next"]) == (wanted["tokens"], wanted["next"])
    assert bundle.predict("lm", []) == []


def test_figures_are_those_of_the_answers(run: Run) -> None:
    found, lines = run.test()["test"]["lm"], (run.out.parent / "test.txt").read_text().splitlines()
    answers = run.predict("lm", lines)
    nats = -sum(answer["total"] for answer in answers)
    assert found["perplexity"] == pytest.approx(math.exp(nats / sum(len(line.split()) + 1 for line in lines)), rel=1e-5)
    characters = sum(len(line.replace(" ", "")) + 1 for line in lines)
    assert found["bits_per_character"] == pytest.approx(nats / math.log(2) / characters, rel=1e-5)


def test_input_and_output_have_one_table(run: Run) -> None:
    model, (weights, _) = run.model, read_tensors(run.out / "export" / "weights.safetensors")
    assert model["lm.embedding"] is model["lm.output.words"]
    size = len(run.prepared.fitted.targets["lm"].names())
    assert [name for name, value in weights.items() if tuple(value.shape) == (size, 8)] == ["table.table.weight"]
    assert set(model.components["lm.output"].state_dict()) == {"start", "bias", "project.weight", "project.bias"}


def trainer(folder: Path, out: str, *, resume: bool = False) -> Trainer:
    graph = build_graph(recipe_from_dict(recipe(), data=folder))
    return Trainer(graph, prepare(graph, open_sources(graph.recipe), folder / "cache"), folder / out, resume=resume)


def test_stopped_anywhere_it_ends_the_same(tmp_path: Path) -> None:
    whole = trainer(write(tmp_path), "whole")
    assert len(list(whole.train())) > 20
    for _ in islice(trainer(tmp_path, "stopped").train(), 14):
        pass
    resumed = trainer(tmp_path, "stopped", resume=True)
    assert resumed.step == 9
    list(resumed.train())
    assert same(parameters(resumed.model), parameters(whole.model))


def test_words_begin_as_probable_as_they_are_frequent(tmp_path: Path) -> None:
    model = trainer(write(tmp_path), "run").model
    names = model.fitted.targets["lm"].names()
    shares = dict(zip(names, model.output("lm").bias.exp().tolist(), strict=True))  # type: ignore[operator]
    words = [word for line in LINES[::2] for word in [*line.split(), ""]]
    assert shares[""] == pytest.approx(words.count("") / len(words), rel=1e-4)
    assert shares["the"] == pytest.approx(words.count("the") / len(words), rel=1e-4)


def test_without_ends_an_end_is_impossible(tmp_path: Path) -> None:
    run = mtl.run(recipe({"type": "adaptive_softmax", "words": {}, "div_value": 2}, ends=False), data=write(tmp_path),
                  out=tmp_path / "run")  # fmt: skip
    (answer,) = mtl.Bundle(tmp_path / "run" / "export").predict("lm", ["the old dog"])
    assert list(answer) == ["tokens", "log_probability", "total", "next", "next_probability"]
    assert answer["total"] == pytest.approx(sum(answer["log_probability"]), abs=1e-4)
    assert "" not in answer["next"]
    assert set(run.test()["test"]["lm"]) == {"perplexity", "bits_per_character"}


@pytest.mark.parametrize(
    ("output", "embedding", "message"),
    [
        (
            None,
            {"min_count": 1000},
            "the vocabulary of 'words' should have words. There are none. Lower its 'min_count'.",
        ),
        (
            {"type": "adaptive_softmax", "words": {}, "cutoffs": [5, 4000], "div_value": 2},
            {},
            "'cutoffs' should be growing numbers below 14, which is how many words are predicted. Found [5, 4000].",
        ),
    ],
)
def test_vocabularies_that_are_too_small(
    tmp_path: Path, output: dict[str, Any] | None, embedding: dict[str, Any], message: str
) -> None:
    tree = recipe(output)
    tree["tasks"]["lm"]["model"]["embedding"].update(embedding)
    with pytest.raises(RecipeError) as raised:
        mtl.run(tree, out=tmp_path / "run", data=write(tmp_path))
    assert [fault.message for fault in raised.value.faults] == [message]


def check_of(tree: dict[str, Any]) -> list[str]:
    with pytest.raises(RecipeError) as raised:
        build_graph(recipe_from_dict(tree))
    return [f"{fault.path}: {fault.message}" for fault in raised.value.faults]


def test_ends_are_predicted_of_whole_texts() -> None:
    tree = recipe()
    tree["tasks"]["lm"]["inputs"]["text"]["max_tokens"] = 5
    assert check_of(tree) == [
        "tasks.lm.inputs.text: should be read whole, as 'lm' predicts where texts end, and would learn that they end "
        "where they are cut. Found 'max_tokens: 5'. Leave it out, or write 'ends: false' in 'lm'."
    ]
    tree["tasks"]["lm"]["ends"] = False
    assert build_graph(recipe_from_dict(tree)).components


def test_what_is_predicted_has_no_slips() -> None:
    tree = recipe()
    tree["tasks"]["lm"]["inputs"]["text"]["noise"] = {"rate": 0.1}
    assert check_of(tree) == [
        "tasks.lm.inputs.text.noise: should be left out, as 'lm' predicts the text itself and would learn the slips. "
        "Leave it out of all inputs of 'text'."
    ]


def test_the_target_keeps_how_many_characters_tokens_have() -> None:
    target = NextToken()
    example = Example("old dogs see", [(0, 3), (4, 8), (9, 12)], 2)
    gold = target.read(None, example)
    assert gold == [3, 4]
    assert target.read(None, Example("", [], 0)) is None
    values = np.array([target.encode(gold, 2, Names.of(())), target.encode(None, 2, Names.of(()))])
    there, labelled = target.tensors(values)
    assert there.tolist() == [[True, True], [False, False]]
    assert labelled.tolist() == [True, False]
    assert target.gold(values[0], ()) == [3, 4]
    assert target.gold(values[1], ()) is None
    answer = {"log_probability": torch.tensor([[-1.0, -2.0]]), "end": torch.tensor([-3.0])}
    assert target.predicted(answer, [1]) == [[-1.0, -3.0]]
    assert target.from_answer({"log_probability": [-1.0], "end_log_probability": -3.0}) == [-1.0, -3.0]
