"""New tasks on a run: its own tasks answer as before, bit by bit, or the tables say what changed."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from mtl.base.errors import MtlError, UsageError
from mtl.base.files import read_json
from mtl.compile.loading import recipe_from_dict
from mtl.recipe.filling import filled
from mtl.recipe.yaml_core import parse
from mtl.runs.extending.answers import Compared
from mtl.runs.extending.differences import Difference
from mtl.runs.extending.extended import Extended, differs, extend
from mtl.serve.bundle import Bundle
from tests.commands import within
from tests.mtl.compile.test_extension import write

SAME = {"rows": 0, "answers": 0, "largest": 0.0}
ROWS = [("intent", "test", 15), ("intent", "dev", 15), ("slots", "test", 15), ("slots", "dev", 15)]


@pytest.fixture(scope="module")
def extended(small_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that extends the small one by a command, whose output is beside it."""
    folder = tmp_path_factory.mktemp("extended")
    done = within("extend", small_run, write(folder), "--out", folder / "both")
    assert done.returncode == 0, done.stderr
    (folder / "printed.txt").write_text(done.stdout)
    return folder / "both"


def test_the_run_s_tasks_answer_as_before_bit_by_bit(extended: Path, small_run: Path) -> None:
    found = read_json(extended / "extended.json")
    assert (found["run"], found["frozen"]) == (str(small_run.resolve()), True)
    assert [(one["task"], one["split"], one["rows"]) for one in found["compared"]] == ROWS
    assert all(one["eager"] == one["exported"] == SAME for one in found["compared"])
    printed = (extended.parent / "printed.txt").read_text().splitlines()
    assert printed[-5:] == [
        "task    answers as before  by torch    by its graph",
        "intent  15 rows of test    bit by bit    bit by bit",
        "intent  15 rows of dev     bit by bit    bit by bit",
        "slots   15 rows of test    bit by bit    bit by bit",
        "slots   15 rows of dev     bit by bit    bit by bit",
    ]


def test_all_tasks_are_in_the_new_run(extended: Path, small_run: Path) -> None:
    both, before = Bundle(extended / "export"), Bundle(small_run / "export")
    assert list(both.tasks) == ["intent", "slots", "kind"]
    texts = ["wake me at noon", "put on blackbird"]
    assert both.predict("slots", texts) == before.predict("slots", texts)
    assert {answer["label"] for answer in both.predict("kind", texts)} <= {"play", "wake"}


def test_labels_that_were_renamed_after_the_export_are_compared_as_they_are_called_now(
    small_run: Path, tmp_path: Path
) -> None:
    run = tmp_path / "lm"
    shutil.copytree(small_run, run)
    for old, new in (("play", "start"), ("song", "track")):
        assert within("labels", run, "rename", old, new).returncode == 0
    before = read_json(run / "export/manifest.json")
    done = within("extend", run, write(tmp_path), "--out", tmp_path / "both")
    assert done.returncode == 0, done.stderr
    found = read_json(tmp_path / "both/extended.json")["compared"]
    assert [(one["task"], one["split"], one["rows"]) for one in found] == ROWS
    assert all(one["eager"] == one["exported"] == SAME for one in found)
    assert read_json(run / "export/manifest.json") == before
    bundle = Bundle(tmp_path / "both/export")
    (answer,), (tagged,) = (bundle.predict(task, ["put on blackbird"]) for task in ("intent", "slots"))
    assert (answer["label"], tagged["tags"]) == ("start", ["O", "O", "B-track"])
    answered = within("predict", tmp_path / "both", "--task", "kind", stdin=b"put on blackbird\n")
    assert json.loads(answered.stdout)["label"] in ("play", "wake")  # the new task's rows have the name of old


def said(found: dict[str, Any]) -> str:
    """Return what a table says of rows that are answered otherwise."""
    changed = "1 answer" if found["answers"] == 1 else f"{found['answers']} answers"
    return f"{found['rows']} rows otherwise: {changed} changed, largest difference {found['largest']:.2g}"


def test_an_unfrozen_run_says_what_its_tasks_lost(small_run: Path, tmp_path: Path) -> None:
    shutil.copytree(small_run, tmp_path / "lm", ignore=shutil.ignore_patterns("export"))
    path = write(tmp_path, ("train: {epochs: 2}", "train: {epochs: 2, optimizer: {type: adam, lr: 0.05}}"))
    done = within("extend", tmp_path / "lm", path, "--out", tmp_path / "both", "--unfreeze")
    assert done.returncode == 0, done.stderr
    found = read_json(tmp_path / "both/extended.json")
    assert found["frozen"] is False
    test = found["compared"][ROWS.index(("slots", "test", 15))]
    for one in (test["eager"], test["exported"]):
        assert 15 >= one["rows"] >= one["answers"] > 0
        assert 0 < one["largest"] < 1
    table = [line.split("  ") for line in done.stdout.splitlines() if line.startswith("slots   15 rows of test")]
    cells = [cell.strip() for cell in table[0] if cell]
    assert cells == ["slots", "15 rows of test", *(said(test[by]) for by in ("eager", "exported"))]
    figures = {(one["task"], one["figure"]): one for one in found["figures"]}
    lost = figures["slots", "f1"]
    assert lost["before"] == 1.0
    assert lost["gained"] == lost["after"] - lost["before"]
    assert f"slots f1 dev 1.0000 {lost['after']:.4f} {lost['after'] - 1:+.4f}".split() in [
        line.split() for line in done.stdout.splitlines()
    ]


def test_an_answer_that_differs_is_an_error(extended: Path, small_run: Path, tmp_path: Path) -> None:
    recipe = extended.parent / "new.yaml"
    shutil.copytree(extended, tmp_path / "both")
    found = Extended.start(small_run, recipe, tmp_path / "both", resume=True)
    with torch.no_grad():
        found.run.model["intent.decoder"].state_dict()["layers.0.bias"][0] += 0.5
    with pytest.raises(MtlError) as caught:
        found.prove()
    for fault, split in zip(caught.value.faults, ("test", "dev"), strict=True):
        assert re.fullmatch(
            f"intent: should answer all 15 rows of {split} as before, bit by bit\\. Found 15 rows otherwise by torch "
            r"\(no answer changed, largest difference 0\.0\d+\)\.",
            str(fault),
        )


def without_splits(run: Path, folder: Path, task: str | None = None) -> Path:
    """Copy a run to where its tasks, or one of them, have neither dev nor test; return its new folder."""
    shutil.copytree(run, folder)
    text = (folder / "recipe.yaml").read_text("utf-8")
    tree = parse(text, "recipe.yaml").tree
    bare = {**tree["sources"]["utterances"], "dev": None, "test": None}
    if task is None:
        tree["sources"] = {"utterances": bare}
    else:
        tree["sources"]["bare"] = bare
        tree["tasks"][task]["source"] = "bare"
    (folder / "recipe.yaml").write_text(filled(recipe_from_dict(tree)), "utf-8")
    return folder


def test_a_run_without_rows_to_compare_answers_to_is_refused_before_training(small_run: Path, tmp_path: Path) -> None:
    run = without_splits(small_run, tmp_path / "lm")
    with pytest.raises(UsageError) as caught:
        Extended.start(run, write(tmp_path), tmp_path / "both")
    assert str(caught.value) == (
        f"{run}: should have a test or dev split, to prove what its tasks answer then. Found neither for intent, "
        f"slots. Write 'test: FILE' at a source in {run}/recipe.yaml."
    )
    assert not (tmp_path / "both").exists()


def test_a_task_without_rows_is_named_as_not_compared(small_run: Path, tmp_path: Path) -> None:
    run = without_splits(small_run, tmp_path / "lm", "slots")
    shutil.rmtree(run / "export")
    done = within("extend", run, write(tmp_path), "--out", tmp_path / "both", "--verify", "none")
    assert done.returncode == 0, done.stderr
    assert read_json(tmp_path / "both/export/manifest.json")["verified"]["how"] == "none"
    found = read_json(tmp_path / "both/extended.json")
    assert [(one["task"], one["split"], one["rows"]) for one in found["compared"]] == ROWS[:2]
    assert found["not_compared"] == ["slots"]
    last = done.stdout.splitlines()[-1]
    assert last.endswith("not compared, as their sources have neither test nor dev: slots")


def test_how_much_is_verified_is_checked_before_training(small_run: Path, tmp_path: Path) -> None:
    done = within("extend", small_run, write(tmp_path), "--out", tmp_path / "both", "--verify", "some")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "--verify should be full, sample or none. Found 'some'. Did you mean 'sample'?\n"
    with pytest.raises(UsageError) as caught:
        extend(small_run, tmp_path / "new.yaml", tmp_path / "both", verify="ful")
    assert str(caught.value) == "verify should be full, sample or none. Found 'ful'. Did you mean 'full'?"
    assert not (tmp_path / "both").exists()


def test_what_differs_is_said_of_torch_and_of_the_graph() -> None:
    assert differs(Compared("slots", "dev", 1200, Difference(1, 0, 1e-6), Difference(1100, 3, 0.5))) == (
        "slots: should answer all 1,200 rows of dev as before, bit by bit. Found 1 row otherwise by torch (no answer "
        "changed, largest difference 1e-06) and 1,100 rows otherwise by its exported graph (3 answers changed, largest "
        "difference 0.5)."
    )


def test_from_python_and_resumed(extended: Path, small_run: Path, tmp_path: Path) -> None:
    shutil.copytree(extended, tmp_path / "both")
    (tmp_path / "both/extended.json").unlink()
    extend(small_run, extended.parent / "new.yaml", tmp_path / "both", resume=True)
    assert read_json(tmp_path / "both/extended.json") == read_json(extended / "extended.json")
