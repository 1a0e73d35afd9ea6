"""Trees of intents and slots: from brackets in a table to answers, of a run and of its export."""

from __future__ import annotations

import itertools
import json
import math
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import onnx
import pytest
from typer.testing import CliRunner

from mtl.base.errors import RecipeError, UsageError, some
from mtl.cli.app import app
from mtl.runs.runner import Run
from mtl.serve.bundle import Bundle
from mtl.text.trees import read_tree
from tests.mtl.small_run import parameters, same
from tests.properties.test_trees import DECODERS

RECIPE: dict[str, Any] = {
    "name": "trees",
    "sources": {"said": {"format": "tsv", "train": "train.tsv", "dev": "dev.tsv", "test": "test.tsv"}},
    "tasks": {
        "parse": {
            "type": "semantic_parsing",
            "source": "said",
            "inputs": {"text": {"column": "text", "tokenizer": "unicode_words"}},
            "target": "tree",
            "model": {
                "embedding": {"type": "word", "dim": 16},
                "representation": {"type": "bilstm", "hidden": 16},
                "decoder": {"dim": 8, "hidden": 32, "dropout": 0.1},
            },
        }
    },
    "train": {"epochs": 10, "batch": {"size": 8}, "optimizer": {"type": "adamw", "lr": 0.02}, "threads": 1},
}
PLACES = {
    "Oslo": "Oslo",
    "my house": "[IN:HOME my house ]",
    "the house of Tom": "[IN:HOME the house of [SL:OWNER Tom ] ]",
    "a bank": "[IN:FIND a [SL:KIND bank ] ]",
}
REQUESTS = {
    "take me to {}!": "[IN:GO take me to [SL:TO {} ] ! ]",
    "how far is {}?": "[IN:FAR how far is [SL:TO {} ] ? ]",
    "weather in {} today": "[IN:WEATHER weather in [SL:PLACE {} ] [SL:WHEN today ] ]",
    "go from {} to {}": "[IN:GO go from [SL:FROM {} ] to [SL:TO {} ] ]",
}


def recipe(decoder: str, **output: Any) -> dict[str, Any]:
    task = RECIPE["tasks"]["parse"]
    model = {**task["model"], "decoder": {"type": decoder, **task["model"]["decoder"]}}
    return {**RECIPE, "tasks": {"parse": {**task, "model": {**model, "output": {"type": "transition", **output}}}}}


def rows() -> Iterator[str]:
    for (text, tree), one, other in itertools.product(REQUESTS.items(), PLACES.items(), PLACES.items()):
        yield f"{text.format(one[0], other[0])}\t{tree.format(one[1], other[1])}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("trees")
    lines = list(dict.fromkeys(rows()))
    for split, part in (("train", lines), ("dev", lines[::3]), ("test", lines[1::3])):
        (found / f"{split}.tsv").write_text("".join(f"{line}\n" for line in ["text\ttree", *part]), "utf-8")
    return found


@pytest.fixture(scope="module", params=list(DECODERS))
def decoder(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def run(folder: Path, decoder: str) -> Run:
    found = Run.start(recipe(decoder), folder / decoder, data=folder)
    for _ in found.train():
        pass
    found.test()
    return found


def test_it_learns_trees(run: Run) -> None:
    figures = run.metrics["test"]["parse"]
    assert list(figures) == ["exact_match", "f1", "precision", "recall", "tree_f1", "validity"]
    assert figures["exact_match"] > 0.8
    assert figures["f1"] >= figures["tree_f1"] >= figures["exact_match"] * 0.9
    assert figures["validity"] == 1.0


def test_answers_are_trees_over_the_tokens_of_any_text(run: Run) -> None:
    texts = ["take me to my house!", "", "how far is xyzzy?", "go from Oslo to a bank to a bank to a bank"]
    answers = run.predict("parse", texts)
    assert answers[0]["tree"] == "[IN:GO take me to [SL:TO [IN:HOME my house ] ] ! ]"
    assert answers[0]["tokens"] == ["take", "me", "to", "my", "house", "!"]
    assert answers[0]["score"] > 0.5
    assert answers[1] == {"tree": "", "actions": [], "tokens": [], "score": 1.0}
    for answer in (answers[0], *answers[2:]):
        assert read_tree(answer["tree"]).words == tuple(answer["tokens"])
    assert [run.predict("parse", [text])[0]["tree"] for text in texts] == [answer["tree"] for answer in answers]


def test_a_beam_is_an_option_of_the_output_layer(run: Run, folder: Path, decoder: str) -> None:
    found = Run.start(recipe(decoder, beam=4), folder / f"{decoder}-wide", data=folder)
    for _ in found.train():
        pass
    assert same(parameters(found.model), parameters(run.model))
    best, greedy = (runs.predict("parse", ["weather in Oslo to Oslo?"])[0] for runs in (found, run))
    assert best["score"] >= greedy["score"] * 0.9999


def test_an_n_best_that_no_beam_finds_is_a_fault_of_the_recipe(folder: Path, decoder: str) -> None:
    with pytest.raises(RecipeError) as error:
        Run.start(recipe(decoder, beam=2, nbest=3), folder / f"{decoder}-narrow", data=folder)
    assert str(error.value) == (
        "<recipe>: tasks.parse.model.output: 'nbest' should be at most 'beam', which is 2. Found 3. "
        "Make the beam wider.\n1 error in <recipe>"
    )


def test_a_run_that_stopped_is_resumed_to_equal_parameters(run: Run, folder: Path, decoder: str) -> None:
    stopped = Run.start(recipe(decoder), folder / f"{decoder}-stopped", data=folder)
    for number, _ in enumerate(stopped.train()):
        if number == 40:
            break
    resumed = Run.start(recipe(decoder), folder / f"{decoder}-stopped", data=folder, resume=True)
    assert sum(1 for _ in resumed.train()) > 1
    assert same(parameters(resumed.model), parameters(run.model))


def test_commands_answer_with_the_run(run: Run) -> None:
    tested = CliRunner().invoke(app, ["test", str(run.out), "--split", "dev"])
    assert tested.exit_code == 0
    assert "exact_match" in tested.output
    wrong = CliRunner().invoke(app, ["errors", str(run.out), "--task", "parse", "--split", "train"])
    assert wrong.exit_code == 0


def test_a_renamed_intent_is_answered_and_brackets_keep_their_kind(run: Run, tmp_path: Path) -> None:
    shutil.copytree(run.out, tmp_path / "run")
    texts = ["take me to my house!", "weather in Oslo today"]
    before = run.predict("parse", texts)
    found = Run.open(tmp_path / "run", data=run.recipe.data)
    assert found.rename("IN:GO", "IN:DRIVE") == ("parse",)
    assert json.loads((tmp_path / "run/labels.json").read_text()) == {"parse": {"[IN:GO": "[IN:DRIVE"}}
    answers = found.predict("parse", texts)
    assert [answer["tree"] for answer in answers] == [
        before[0]["tree"].replace("[IN:GO ", "[IN:DRIVE "),
        before[1]["tree"],
    ]
    assert "[IN:DRIVE " in answers[0]["tree"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("shift", "take", "OLD should be a label of '{run}': {labels}. Found 'shift'."),
        ("]", "close", "OLD should be a label of '{run}': {labels}. Found ']'."),
        ("IN:GO", "SL:GO", "NEW should begin with IN:, as 'IN:GO' is an intent of 'parse'. Found 'SL:GO'."),
        ("SL:TO", "shift", "NEW should begin with SL:, as 'SL:TO' is a slot of 'parse'. Found 'shift'."),
        ("IN:GO", "IN:", "NEW should be a label that a cell of the column 'tree' may have. Found 'IN:'."),
        ("IN:GO", "IN:GO AWAY", "NEW should be a label that a cell of the column 'tree' may have. Found 'IN:GO AWAY'."),
        (
            "IN:GO",
            "IN:HOME",
            "NEW should be a label that 'parse' does not have, and had not in training. Found 'IN:HOME'.",
        ),
    ],
)
def test_names_that_a_tree_refuses(run: Run, old: str, new: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        Run.open(run.out).rename(old, new)
    names = sorted(name.removeprefix("[") for name in run.model.fitted.targets["parse"].names() if name[0] == "[")
    assert str(error.value) == message.format(run=run.out, labels=some(names))
    assert not (run.out / "labels.json").exists()


@pytest.mark.slow
def test_an_exported_parser_is_text_in_tree_out(run: Run) -> None:
    report = run.export(verify="sample")
    assert report.verification.rows == {"parse": len(run.prepared.splits[run.recipe.tasks["parse"].source, "test"])}
    for file in ("parse.onnx", "joint.onnx"):
        onnx.checker.check_model(str(run.out / "export" / file), full_check=True)
        model = onnx.load(str(run.out / "export" / file), load_external_data=False)
        onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
    bundle = Bundle(run.out / "export")
    texts = ["take me to my house!", "", "how [far] is \\xyzzy]?", "go " * 300, "weather \u00e9 in \u05d0 today"]
    answers = bundle.predict("parse", texts)
    for found, wanted in zip(answers, run.predict("parse", texts), strict=True):
        assert {**found, "score": 0} == {**wanted, "score": 0}
        assert found["score"] == pytest.approx(wanted["score"], abs=1e-4)
    for answer, text in zip(answers, texts, strict=True):
        (alone,) = bundle.predict("parse", [text])
        assert answer["tree"] == alone["tree"]
        assert not answer["tokens"] or read_tree(answer["tree"]).words == tuple(answer["tokens"])
    assert bundle.predict("parse", []) == []
    measured = run.evaluate("test", answerer=run.out / "export").metrics["parse"]
    assert measured["exact_match"] == run.metrics["test"]["parse"]["exact_match"]


@pytest.mark.slow
def test_the_n_best_of_a_run_are_those_of_its_export(folder: Path, decoder: str) -> None:
    run = Run.start(recipe(decoder, beam=5, nbest=3, action_scores=True), folder / f"{decoder}-best", data=folder)
    for _ in run.train():
        pass
    run.test()
    assert run.export(verify="sample").verification.rows
    bundle = Bundle(run.out / "export")
    outputs = bundle.manifest["tasks"]["parse"]["outputs"]
    assert {name: outputs[name]["shape"] for name in ("tree", "score", "action_scores", "trees", "scores")} == {
        "tree": ["B"],
        "score": ["B"],
        "action_scores": ["B", "S"],
        "trees": ["B", "N"],
        "scores": ["B", "N"],
    }
    texts = ["take me to my house!", "", "how far is Oslo to Oslo?", "Oslo"]
    answers = bundle.predict("parse", texts)
    for found, wanted in zip(answers, run.predict("parse", texts), strict=True):
        assert (found["trees"], found["actions"]) == (wanted["trees"], wanted["actions"])
        assert found["scores"] == pytest.approx(wanted["scores"], abs=1e-4)
        assert found["action_scores"] == pytest.approx(wanted["action_scores"], abs=1e-4)
        assert len(found["action_scores"]) == len(found["actions"])
        assert math.prod(found["action_scores"]) == pytest.approx(found["score"], abs=1e-4)
        assert (found["tree"], found["score"]) == (found["trees"][0], found["scores"][0])
    assert (answers[1]["trees"], answers[1]["scores"]) == (["", "", ""], [1.0, 0.0, 0.0])
    for answer in (answers[0], *answers[2:]):
        assert len(set(answer["trees"])) == 3
        assert all(read_tree(tree).words == tuple(answer["tokens"]) for tree in answer["trees"])
        assert answer["scores"] == sorted(answer["scores"], reverse=True)

    (folder / "asked.txt").write_text("take me to my house!\n", "utf-8")
    for out in (run.out, run.out / "export"):
        said = CliRunner().invoke(app, ["predict", str(out), "--input", str(folder / "asked.txt"), "--top", "2"])
        assert said.exit_code == 0
        line = json.loads(said.output)
        assert line["trees"] == answers[0]["trees"][:2]
        assert line["scores"] == pytest.approx(answers[0]["scores"][:2], abs=1e-4)
