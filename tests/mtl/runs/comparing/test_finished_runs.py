"""Runs and exports side by side, as they are."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mtl.base.registry import lookup
from mtl.evaluate.evaluation import Evaluation
from mtl.runs.comparing.finished_runs import RowsApart, _apart, sign_test
from tests import small
from tests.commands import within


@pytest.fixture(scope="module")
def weak(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the same recipe that was trained for one step."""
    folder = tmp_path_factory.mktemp("weak")
    recipe = small.write(folder)
    done = within("train", recipe, "--out", folder / "run", "--set", "train.max_steps=1")
    assert done.returncode == 0, done.stderr
    return folder / "run"


def test_parts_of_texts_are_right_by_exact_match() -> None:
    gold = [["the U.S. Army"], ["Ada", "in Oslo"], [], ["Tom"]]
    first = Evaluation("test", predictions={"answer": ["Army", "Ada", "", "Tim"]}, gold={"answer": gold})
    other = Evaluation("test", predictions={"answer": ["US army", "in Oslo", "Ada", "Tim"]}, gold={"answer": gold})
    assert _apart(other, first, "answer", lookup("target", "span")) == RowsApart(4, 3, 1, 1)


def cells(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_an_export_and_its_run_answer_alike(small_run: Path, tmp_path: Path) -> None:
    small.write(tmp_path)
    shutil.copytree(small_run / "export", tmp_path / "copied")
    done = within("compare", tmp_path / "copied", small_run, "--data", tmp_path, "--out", tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, "")
    lines = cells(done.stdout)
    assert ["intent", "accuracy", "1.0000", "1.0000"] in lines
    assert ["intent", "15", "0", "0", "0", "1.0000", "equal"] in lines
    assert ["slots", "15", "0", "0", "0", "1.0000", "equal"] in lines
    found = json.loads((tmp_path / "out/compare.json").read_text("utf-8"))
    assert list(found["figures"]) == [str(tmp_path / "copied"), str(small_run)]
    (difference,) = found["differences"]
    assert (difference["name"], difference["minus"]) == (str(small_run), str(tmp_path / "copied"))
    assert difference["rows"]["slots"] == {
        "rows": 15,
        "units": "rows",
        "otherwise": 0,
        "right_here": 0,
        "right_there": 0,
        "p": 1.0,
        "verdict": "equal",
    }


def test_a_run_that_learned_less_is_worse(small_run: Path, weak: Path, tmp_path: Path) -> None:
    small.write(tmp_path)
    done = within("compare", small_run, weak, "--data", tmp_path, "--split", "train", "--out", tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, "")
    rows = json.loads((tmp_path / "out/compare.json").read_text("utf-8"))["differences"][0]["rows"]["slots"]
    assert rows["verdict"] == "worse"
    assert rows["right_there"] > rows["right_here"]
    assert rows["p"] == sign_test(rows["right_here"], rows["right_there"]) < 0.05


@pytest.mark.parametrize(
    ("counts", "verdict"), [((9, 0), "better"), ((0, 9), "worse"), ((3, 0), "undecided"), ((0, 0), "equal")]
)
def test_verdicts(counts: tuple[int, int], verdict: str) -> None:
    assert RowsApart(20, 9, *counts).verdict == verdict


def test_what_cannot_be_compared(small_run: Path, weak: Path, tmp_path: Path) -> None:
    small.write(tmp_path)
    recipe = tmp_path / "small.yaml"
    refused = {
        (small_run,): (
            "what is compared should be two or more folders of runs, ensembles or exports, each named once. "
            f"Found {small_run}."
        ),
        (recipe, small_run): (
            "what is compared should be recipes alone, or folders of runs, ensembles and exports alone. Found the "
            f"recipe '{recipe}' and the folder '{small_run}'. Train the recipe, and name its run's folder."
        ),
        (tmp_path / "nothere", small_run): (
            f"{tmp_path / 'nothere'}: should be the folder of a run, an ensemble or an export. Found nothing there."
        ),
        (tmp_path / "nothere.yaml", small_run): (
            "what is compared should be recipes alone, or folders of runs, ensembles and exports alone. Found the "
            f"recipe '{tmp_path / 'nothere.yaml'}' and the folder '{small_run}'. Train the recipe, and name its run's "
            "folder."
        ),
        (small_run, weak, "--seeds", "2", "--single"): (
            "--seeds, --single should come with recipes, which are trained to be compared. Found folders."
        ),
        (small_run, weak, "--split", "tst"): "--split should be train, dev or test. Found 'tst'. Did you mean 'test'?",
        (recipe, "--split", "dev"): (
            "--split should come with folders; recipes are compared on test. Found --split dev."
        ),
    }
    for given, message in refused.items():
        done = within("compare", *given, "--data", tmp_path)
        assert (done.returncode, done.stderr) == (2, f"{message}\n")


def test_tasks_that_none_has_in_common(small_run: Path, ranking_run: Path, tmp_path: Path) -> None:
    done = within("compare", small_run, ranking_run / "export", "--data", tmp_path)
    assert (done.returncode, done.stderr) == (
        2,
        f"what is compared should have a task in common. There is none: '{small_run}': intent, slots; "
        f"'{ranking_run / 'export'}': relevance.\n",
    )


def test_rows_are_not_compared_where_gold_labels_have_other_names(small_run: Path, tmp_path: Path) -> None:
    small.write(tmp_path)
    shutil.copytree(small_run, tmp_path / "run")
    assert within("labels", tmp_path / "run", "rename", "play", "start").returncode == 0
    done = within("compare", small_run, tmp_path / "run", "--data", tmp_path)
    assert (done.returncode, done.stderr) == (
        0,
        f"warning: {tmp_path / 'run'}: intent: has other gold labels than '{small_run}' has: rows are not compared one "
        "by one.\n",
    )
    lines = cells(done.stdout)
    assert ["intent", "accuracy", "1.0000", "1.0000"] in lines
    assert ["slots", "15", "0", "0", "0", "1.0000", "equal"] in lines
    assert not [line for line in lines if line[:2] == ["intent", "15"]]


def test_folders_with_other_rows(small_run: Path, weak: Path, tmp_path: Path) -> None:
    shutil.copytree(weak, tmp_path / "run")
    small.write(tmp_path)
    (tmp_path / "test.tsv").write_text("text\tintent\tslots\nplay yesterday\tplay\tO B-song\n", "utf-8")
    recipe = tmp_path / "run/recipe.yaml"
    recipe.write_text(recipe.read_text("utf-8").replace(f"data: {weak.parent}", f"data: {tmp_path}"), "utf-8")
    small.write(weak.parent)
    done = within("compare", weak, tmp_path / "run")
    assert (done.returncode, done.stderr) == (
        2,
        "".join(
            f"{tmp_path / 'run'}: {task}: should be measured on the test split that '{weak}' is measured on. Found "
            "another one. Name the folder of data that is meant for all (--data DIR).\n"
            for task in ("intent", "slots")
        ),
    )
