"""A run whose dev and test are shares of train: trained, tested, exported, opened again, resumed, and repeated."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import mtl
from mtl.base.errors import CheckpointError
from mtl.compile.loading import load_recipe
from mtl.runs.comparing.trial import ComparedRun
from mtl.runs.runner import Run
from tests import small

SHARES = small.RECIPE.replace("    dev: dev.tsv\n    test: test.tsv\n", "    dev: 25%\n    test: 25%\n")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("shares")
    return mtl.run(small.write(folder, SHARES), out=folder / "run", overrides=["train.epochs=4"])


def test_it_is_measured_and_verified_on_rows_that_it_is_not_trained_on(run: Run) -> None:
    counts = {split: rows["rows"] for split, rows in run.prepared.report()["splits"].items()}
    assert counts == {"utterances/train": 23, "utterances/dev": 11, "utterances/test": 11}
    texts = {split: set(run.prepared.splits["utterances", split].texts("text")) for split in ("train", "dev", "test")}
    assert not texts["train"] & texts["dev"]
    assert not texts["train"] & texts["test"]
    assert not texts["dev"] & texts["test"]
    assert set(run.metrics) == {"test", "dev"}
    assert run.manifest["verified"]["split"] == {"intent": "test", "slots": "test"}
    assert run.manifest["verified"]["rows"] == {"intent": 11, "slots": 11}


def test_what_opens_it_reads_the_same_rows(run: Run) -> None:
    opened = Run.open(run.out)
    assert opened.evaluate("test").metrics == run.metrics["test"]
    assert opened.warnings("train", "dev", "test") == []
    assert opened.prepared.hashes == run.prepared.hashes
    recipe = load_recipe(run.out / "recipe.yaml")
    assert ComparedRun(recipe, run.out, 1, 1).done


def test_it_resumes_on_the_same_rows_only(run: Run, tmp_path: Path) -> None:
    shutil.copytree(run.out.parent, tmp_path / "copy")
    out, file = tmp_path / "copy/run", tmp_path / "copy/small.yaml"
    overrides = ["train.epochs=4"]
    assert list(Run.start(file, out, resume=True, overrides=overrides).train()) == []
    with (file.parent / "train.tsv").open("a", encoding="utf-8") as rows:
        rows.write("play it\tplay\tO O\n")
    with pytest.raises(CheckpointError) as error:
        list(Run.start(file, out, resume=True, overrides=overrides).train())
    changed = [str(fault).partition(" should be ")[0] for fault in error.value.faults]
    assert changed[:3] == [f"{out}: the data of 'utterances/{split}'" for split in ("dev", "test", "train")]
