"""Another name for a label of a trained run: answers, figures and later exports have it, rows may have either."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from mtl.base.errors import UsageError
from mtl.recipe.yaml_core import read
from mtl.runs.runner import Run
from mtl.serve.bundle import Bundle
from tests import small
from tests.commands import within
from tests.mtl.from_small import recipe


@pytest.fixture
def run(small_run: Path, tmp_path: Path) -> Path:
    """A copy of the small run, and its data beside it."""
    small.write(tmp_path)
    shutil.copytree(small_run, tmp_path / "run")
    return tmp_path / "run"


def test_a_renamed_label_is_answered_measured_and_exported(run: Path, tmp_path: Path) -> None:
    before = Run.open(run, data=tmp_path).evaluate("test").metrics
    done = within("labels", run, "rename", "play", "start")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "intent: 'play' is called 'start'; rows may have either name\n"
        f"`mtl export {run}` writes graphs that answer 'start', `mtl test {run}` figures with it\n"
        f"until then {run}/export, like any export made before, has the names that it was exported with\n"
    )
    assert Run.open(run, data=tmp_path).rename("song", "tune") == ("slots",)
    assert json.loads((run / "labels.json").read_text()) == {
        "intent": {"play": "start"},
        "slots": {"B-song": "B-tune", "I-song": "I-tune"},
    }
    test = tmp_path / "test.tsv"
    test.write_text(test.read_text().replace("\tplay\t", "\tstart\t", 3).replace("B-song", "B-tune", 2))
    opened = Run.open(run, data=tmp_path)
    found = opened.evaluate("test")
    assert found.metrics == before
    assert set(found.gold["intent"]) == set(found.predictions["intent"]) == {"start", "wake"}
    assert opened.predict("slots", ["play yesterday"])[0]["tags"] == ["O", "B-tune"]
    opened.export(tmp_path / "graphs")
    answer = Bundle(tmp_path / "graphs").predict("intent", ["play yesterday"])[0]
    assert (answer["label"], set(answer["scores"])) == ("start", {"start", "wake"})
    within("labels", run, "rename", "start", "play")
    assert set(json.loads((run / "labels.json").read_text())) == {"slots"}
    listed = within("labels", run, "--task", "slots").stdout.splitlines()
    assert [line.split() for line in listed[:2]] == [
        ["task", "label", "in", "training", "times", "there"],
        ["slots", "B-tune", "B-song", "27"],
    ]


def test_a_head_that_comes_from_the_run_has_the_name(run: Path, tmp_path: Path) -> None:
    Run.open(run).rename("play", "start")
    for split in ("train", "dev", "test"):
        file = tmp_path / f"{split}.tsv"
        file.write_text(file.read_text().replace("\tplay\t", "\tstart\t"))
    model = {slot: {"from": f"{run}#intent.{slot}"} for slot in ("pooling", "decoder", "output")}
    model |= {"embedding": {"from": f"{run}#words"}, "representation": {"from": f"{run}#encoder"}}
    new = Run.start(recipe(tmp_path, model), tmp_path / "new")
    list(new.train())
    assert new.predict("kind", ["play yesterday"])[0]["label"] == "start"


@pytest.mark.parametrize("extend", [False, True])
def test_rows_of_a_run_that_the_head_goes_to_may_have_either_name(run: Path, tmp_path: Path, extend: bool) -> None:
    Run.open(run).rename("play", "start")
    train = tmp_path / "dev.tsv"  # what the new task learns from; test.tsv has the name of training alone
    train.write_text(train.read_text().replace("\tplay\t", "\tstart\t", 3) + "fly home\tfly\tO O\n" * extend)
    add: dict[str, Any] = {"extend": True} if extend else {}
    model = {slot: {"from": f"{run}#intent.{slot}", **add} for slot in ("decoder", "output")}
    model |= {"pooling": {"from": f"{run}#intent.pooling"}}
    model |= {"embedding": {"from": f"{run}#words"}, "representation": {"from": f"{run}#encoder"}}
    new = Run.start(recipe(tmp_path, model), tmp_path / "new")
    list(new.train())
    target = new.prepared.fitted.targets["kind"]
    assert dict(target.tally) == {"start": 9, "wake": 6, **({"fly": 1} if extend else {})}
    assert set(new.evaluate("test").gold["kind"]) == {"start", "wake"}
    assert new.prepared.splits["s", "test"].unseen["kind"] == {}
    with pytest.raises(UsageError) as caught:
        new.rename("wake", "play")  # rows with this label would be of another one
    assert str(caught.value) == (
        "NEW should be a label that 'kind' does not have, and had not in training. Found 'play'."
    )
    new.rename("start", "begin")
    opened = Run.open(new.out, data=tmp_path)
    assert set(opened.evaluate("test").gold["kind"]) == {"begin", "wake"}
    further = {slot: {"from": f"{new.out}#kind.{slot}"} for slot in ("decoder", "output", "pooling")}
    further |= {slot: {"from": f"{new.out}#kind.{slot}"} for slot in ("embedding", "representation")}
    last = Run.start(recipe(tmp_path, further), tmp_path / "last").prepared
    assert last.fitted.targets["kind"].names() == (("begin", "wake", "fly") if extend else ("begin", "wake"))
    assert last.splits["s", "train"].labelled == {"kind": 15 + extend}
    assert last.splits["s", "train"].unseen == {"kind": {}}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "plai",
            "start",
            "OLD should be a label of '{run}': play, song, time, wake. Found 'plai'. Did you mean 'play'?",
        ),
        ("play", "wake", "NEW should be a label that 'intent' does not have, and had not in training. Found 'wake'."),
        ("song", "a tune", "NEW should be a label that a cell of the column 'slots' may have. Found 'a tune'."),
        ("play", " ", "NEW should be a label that a cell of the column 'intent' may have. Found ' '."),
    ],
)
def test_names_that_are_refused(run: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        Run.open(run).rename(old, new)
    assert str(caught.value) == message.format(run=run)
    assert not (run / "labels.json").exists()


def test_a_label_that_a_metric_names(run: Path) -> None:
    file = run / "recipe.yaml"
    tree = read(file).tree
    tree["tasks"]["intent"]["metrics"] = [{"type": "average_precision", "label": "play"}]
    file.write_text(json.dumps(tree))
    with pytest.raises(UsageError) as caught:
        Run.open(run).rename("play", "start")
    assert str(caught.value) == (
        "OLD should be a label that no metric of 'intent' names. Found 'play' in 'label' of 'average_precision': take "
        "it out of the metrics in recipe.yaml first."
    )


def test_what_is_asked_wrongly(run: Path) -> None:
    for arguments, message in {
        ("renam", "a", "b"): "what is done with labels should be 'rename'. Found 'renam'. Did you mean 'rename'?",
        ("rename", "play"): "rename should come with two labels, OLD and NEW. Found play.",
        ("rename", "play", "start", "--task", "slots"): "--task should name a task that has the label 'play': intent. "
        "Found 'slots'.",
    }.items():
        done = within("labels", run, *arguments)
        assert (done.returncode, done.stderr) == (2, f"{message}\n")
