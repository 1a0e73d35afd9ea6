"""An export is measured by itself, wherever it is: it knows its data as its run does."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mtl
from mtl.base.errors import UsageError
from mtl.evaluate.metrics import Scored
from mtl.export.export import check_place
from mtl.runs.exported_run import ExportedRun
from mtl.runs.runner import Run
from tests import small
from tests.commands import within
from tests.mtl import running_text


@pytest.fixture
def copied(small_run: Path, tmp_path: Path) -> Path:
    """An export without its run, beside data that a recipe's paths can start from."""
    small.write(tmp_path)
    shutil.copytree(small_run / "export", tmp_path / "else/copied")
    return tmp_path / "else/copied"


def test_an_export_that_was_copied_is_measured_as_its_run(small_run: Path, copied: Path, tmp_path: Path) -> None:
    for split in ("test", "dev"):
        ours = within("test", small_run, "--split", split, "--data", tmp_path)
        its = within("test", copied, "--split", split, "--data", tmp_path)
        assert (its.returncode, its.stderr) == (0, "")
        assert its.stdout == ours.stdout
    before = {file.name for file in copied.iterdir()}
    assert within("test", copied, "--data", tmp_path).returncode == 0
    assert {file.name for file in copied.iterdir()} == before


def test_of_an_export_the_split_alone_is_read(copied: Path, tmp_path: Path) -> None:
    for split in ("train", "dev"):
        (tmp_path / f"{split}.tsv").unlink()
    assert within("test", copied, "--data", tmp_path, "--task", "intent").returncode == 0


def test_data_that_is_not_there(small_run: Path, copied: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    where = "Name the folder that the recipe's paths start from (--data DIR, data=DIR)."
    done = within("test", copied, "--data", tmp_path / "empty")
    assert (done.returncode, done.stderr) == (
        2,
        f"'{copied}' should find the data of its recipe in '{tmp_path / 'empty'}'. Found no test.tsv. {where}\n",
    )
    done = within("errors", copied, "--task", "intent", "--data", tmp_path / "empty")
    assert (done.returncode, done.stderr) == (
        2,
        f"'{copied}' should find the data of its recipe in '{tmp_path / 'empty'}'. "
        f"Found no train.tsv, dev.tsv, test.tsv. {where}\n",
    )
    with pytest.raises(UsageError) as error:
        Run.open(small_run, data=tmp_path / "empty").evaluate("test")
    assert str(error.value).startswith(f"'{small_run}' should find the data of its recipe in ")


def test_an_export_that_does_not_say_what_it_is_measured_on(copied: Path, tmp_path: Path) -> None:
    (copied / "fitted.json").unlink()
    done = within("test", copied, "--data", tmp_path)
    assert (done.returncode, done.stderr) == (
        2,
        f"'{copied}' should have fitted.json, recipe.yaml, which say what it is measured on. Found no fitted.json. "
        "Export its run again with 'mtl export RUN', or name the run.\n",
    )


def test_other_data_than_the_run_had_is_said(copied: Path, tmp_path: Path) -> None:
    file = tmp_path / "test.tsv"
    file.write_text("".join(file.read_text("utf-8").splitlines(keepends=True)[:-1]), "utf-8")
    done = within("test", copied, "--data", tmp_path)
    assert done.returncode == 0
    assert done.stderr.startswith("warning: utterances/test: is not the data that the run had (SHA-256 ")


def test_wrong_answers_of_an_export(small_run: Path, copied: Path, tmp_path: Path) -> None:
    before = {file.name for file in copied.iterdir()}
    test = tmp_path / "test.tsv"
    test.write_text(test.read_text("utf-8").replace("\tplay\t", "\twake\t"), "utf-8")
    shutil.copytree(small_run, tmp_path / "run")
    given = ("--task", "intent", "--data", tmp_path)
    ours = within("errors", tmp_path / "run", *given)
    its = within("errors", copied, *given)
    assert (ours.returncode, its.returncode) == (0, 0)
    assert its.stdout.splitlines()[:-1] == ours.stdout.splitlines()[:-1]
    assert its.stdout.splitlines()[-1].endswith(" rows; --out FILE writes them as a table")
    done = within("errors", copied, *given, "--out", tmp_path / "wrong.tsv")
    assert done.stdout.splitlines()[-1].startswith(f"{tmp_path / 'wrong.tsv'}: ")
    assert (tmp_path / "wrong.tsv").read_bytes() == (tmp_path / "run/errors/intent.test.tsv").read_bytes()
    assert {file.name for file in copied.iterdir()} == before


def test_an_export_can_take_the_place_of_one_with_folders(copied: Path) -> None:
    (copied / "tokenizers").mkdir()
    (copied / "tokenizers/a.json").touch()
    manifest = json.loads((copied / "manifest.json").read_text("utf-8"))
    manifest["files"]["tokenizers/a.json"] = {"bytes": 0, "sha256": ""}
    (copied / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    check_place(copied)
    (copied / "notes").mkdir()
    with pytest.raises(UsageError) as error:
        check_place(copied)
    assert str(error.value) == (
        f"'{copied}' should be new, empty or an earlier export. Found other things in it: notes."
    )


class Always:
    """Reads raw texts, and answers one thing."""

    tasks = ("intent",)

    def predict(self, task: str, texts: Any, /) -> list[dict[str, Any]]:
        return [{"label": "play", "scores": {"play": 1.0, "wake": 0.0}} for _ in texts]


class Guesses:
    """An answerer of encoded splits."""

    def predictions(self, split: Any, tasks: Any) -> dict[str, list[Any]]:
        return {task: ["wake"] * len(split) for task in tasks}

    def predictions_and_scores(self, split: Any, tasks: Any, scored: Any) -> tuple[dict[str, Any], dict[str, Scored]]:
        return self.predictions(split, tasks), {}

    def scores(self, split: Any, task: str, pairs: Any) -> np.ndarray[Any, Any]:
        return np.zeros(len(pairs.grades), np.float32)


def test_whatever_answers_is_measured(small_run: Path, copied: Path, tmp_path: Path) -> None:
    run = Run.open(small_run, data=tmp_path)
    ours = run.evaluate("test")
    assert run.evaluate("test", answerer=mtl.Bundle(copied)).metrics == ours.metrics
    assert run.evaluate("test", answerer=copied).metrics == ours.metrics
    assert ExportedRun.open(copied, data=tmp_path).evaluate("test").metrics == ours.metrics
    share = ours.gold["intent"].count("play") / len(ours.gold["intent"])
    always = run.evaluate("test", answerer=Always())
    assert list(always.metrics) == ["intent"]
    assert always.metrics["intent"]["accuracy"] == pytest.approx(share)
    guesses = run.evaluate("test", answerer=Guesses(), tasks=["intent"])
    assert guesses.metrics["intent"]["accuracy"] == pytest.approx(1 - share)


def test_what_does_not_answer(small_run: Path, copied: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as error:
        Run.open(small_run, data=tmp_path).evaluate("test", answerer=3)  # type: ignore[arg-type]
    assert str(error.value) == (
        "an answerer should have a method 'predict', as mtl.Bundle has, or those of mtl.evaluate.answerers.Answerer. "
        "Found int."
    )


def test_a_running_text_is_measured_row_by_row(tmp_path: Path) -> None:
    run = mtl.run(running_text.recipe({"epochs": 1}), tmp_path / "run", data=running_text.write(tmp_path))
    assert run.manifest["tasks"]["lm"]["metrics_of"] == (
        "all rows of a split as one running text; an export begins anew with each row, and is measured so"
    )
    done = within("test", run.out / "export")
    assert (done.returncode, done.stderr) == (
        0,
        "warning: lm: is measured row by row by its export, and by its run as one running text ('bptt').\n",
    )
    assert "metrics_of" not in mtl.run(small.write(tmp_path / "other"), tmp_path / "small").manifest["tasks"]["intent"]
