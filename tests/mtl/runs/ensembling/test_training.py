"""Members that are trained for an ensemble: other seeds, other draws of the rows; several labels and numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import mtl
from mtl.base.errors import RecipeError, UsageError
from mtl.runs.check import check_recipe
from mtl.runs.ensembling.training import members_to_train
from tests.commands import within
from tests.mtl.runs.test_ranking_run import write as write_ranking

RECIPE = """\
name: ratings
seed: 4
sources: {reviews: {format: tsv, train: train.tsv, test: test.tsv}}
tasks:
  about: {type: multi_label_classification, source: reviews, inputs: text, target: about}
  stars: {type: text_regression, source: reviews, inputs: text, target: stars}
share: {words: "*.embedding"}
train: {epochs: 3, batch: {size: 8}, gradients_every: 0, optimizer: {type: adam, lr: 0.02}, bootstrap: true}
"""
ROWS = [
    ("good food", "food", 5),
    ("bad food", "food", 1),
    ("good staff and good food", "food,staff", 5),
    ("bad staff", "staff", 2),
    ("staff and room", "room,staff", 3),
    ("a room", "room", 3),
]


@pytest.fixture(scope="module")
def bagged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of two bagged runs, averaged."""
    folder = tmp_path_factory.mktemp("bagged")
    for split, times in (("train", 5), ("test", 1)):
        lines = ["text\tabout\tstars", *("\t".join(map(str, row)) for row in ROWS * times)]
        (folder / f"{split}.tsv").write_text("\n".join(lines) + "\n")
    (folder / "ratings.yaml").write_text(RECIPE)
    done = within("ensemble", folder / "ratings.yaml", "--runs", "2", "--out", folder / "both")
    assert done.returncode == 0, done.stderr
    return folder / "both"


def test_members_differ_by_their_seeds_and_rows(bagged: Path) -> None:
    runs = [mtl.Run.open(bagged / f"runs/{number}") for number in (1, 2)]
    assert [run.recipe.seed for run in runs] == [4, 5]
    assert all(run.recipe.train.bootstrap for run in runs)


def test_several_labels_and_numbers_are_averaged_and_exported(bagged: Path) -> None:
    bundle, ensemble = mtl.Bundle(bagged / "export"), mtl.Ensemble.open(bagged)
    members = [mtl.Predictor.load(bagged / f"runs/{number}") for number in (1, 2)]
    text = ["good staff"]
    (stars,) = bundle.predict("stars", text)
    assert stars["value"] == pytest.approx(np.mean([m.predict("stars", text)[0]["value"] for m in members]), abs=1e-4)
    (about,), (eager,) = bundle.predict("about", text), ensemble.predict("about", text)
    assert about["labels"] == eager["labels"]
    for label, score in about["scores"].items():
        each = [member.predict("about", text)[0]["scores"][label] for member in members]
        assert score == pytest.approx(np.mean(each), abs=1e-5)


def test_several_labels_are_voted_on_and_numbers_left_out(bagged: Path, tmp_path: Path) -> None:
    runs = [bagged / f"runs/{number}" for number in (1, 2)]
    found = mtl.ensemble(runs, tmp_path / "votes", by="vote")
    assert found.tasks == ("about",)
    assert [str(fault) for fault in found.left_out] == [
        f"{runs[0]}: stars: should answer with labels, to be combined. Found numbers [B], which have no votes: "
        "average them."
    ]
    (answer,) = mtl.Bundle(tmp_path / "votes/export").predict("about", ["good staff"])
    assert set(answer["scores"].values()) <= {0.0, 0.5, 1.0}


def test_what_is_trained_is_not_trained_again(bagged: Path) -> None:
    recipe = bagged.parent / "ratings.yaml"
    before = (bagged / "runs/1/log.jsonl").read_bytes()
    for run in members_to_train(recipe, bagged, 2):
        assert list(run.train()) == []
    assert (bagged / "runs/1/log.jsonl").read_bytes() == before


def test_one_run_is_no_ensemble(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        list(members_to_train(tmp_path / "no.yaml", tmp_path, 1))
    assert str(caught.value) == "an ensemble should be of two runs or more. Found 1."


def test_what_cannot_be_combined_is_said_before_a_member_is_trained(tmp_path: Path) -> None:
    (tmp_path / "train.tsv").write_text("text\tabout\tstars\ngood food\tfood\t5\n")
    (tmp_path / "test.tsv").write_text("text\tabout\tstars\ngood food\tfood\t5\n")
    recipe = tmp_path / "ratings.yaml"
    recipe.write_text(RECIPE)
    for options, message in (
        (
            ["--task", "abot"],
            f"no task named 'abot' in '{recipe}'. Did you mean 'about'? Tasks: about, stars.",
        ),
        (
            ["--by", "vote", "--task", "stars"],
            f"{recipe}: stars: should answer with labels, to be combined. Found numbers [B], which have no votes: "
            "average them.",
        ),
    ):
        done = within("ensemble", recipe, "--runs", "2", "--out", tmp_path / "both", *options)
        assert (done.returncode, done.stdout, done.stderr) == (2, "", f"{message}\n")
        assert not (tmp_path / "both").exists()


def test_rows_of_a_ranking_are_not_drawn(tmp_path: Path) -> None:
    path = write_ranking(tmp_path)
    with pytest.raises(RecipeError) as caught:
        check_recipe(mtl.load_recipe(path, overrides=["train.bootstrap=true"]))
    (fault,) = caught.value.faults
    assert fault.path == "train.bootstrap"
    assert fault.message == (
        "should be left out, as the pairs of a query stay together. Found the ranking 'relevance'."
    )
