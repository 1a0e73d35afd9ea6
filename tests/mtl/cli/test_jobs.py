"""How many trainings at a time there may be, and how many are slow."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from rich.console import Console

from mtl.base.errors import UsageError
from mtl.cli.comparing import train
from mtl.cli.jobs import check_at_least_one, too_many
from mtl.runs.comparing import running
from mtl.runs.comparing.comparison import RecipeComparison
from mtl.runs.comparing.contestants import contestants
from tests import small
from tests.commands import within


def test_more_threads_than_cores_are_slow() -> None:
    cores = os.cpu_count() or 1
    many = "1 core" if cores == 1 else f"{cores} cores"
    assert too_many(1, 2 * cores) == ""
    assert too_many(cores, 1) == ""
    assert too_many(cores + 1, 1) == (f"{cores + 1} jobs of 1 thread should fit into {many}. Fewer --jobs are faster.")
    assert too_many(2, cores + 1) == (
        f"2 jobs of {cores + 1} threads should fit into {many}. Fewer --jobs are faster, or --set train.threads=1."
    )
    assert too_many(2, cores + 1, "--set-all").endswith("faster, or --set-all train.threads=1.")


def test_fewer_than_one() -> None:
    check_at_least_one(trials=1, jobs=2)
    with pytest.raises(UsageError) as error:
        check_at_least_one(trials=1, jobs=0)
    assert str(error.value) == "--jobs should be at least 1. Found 0."


def test_compare_refuses(tmp_path: Path) -> None:
    done = within("compare", tmp_path / "none.yaml", "--jobs", "0", "--out", tmp_path / "out")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "--jobs should be at least 1. Found 0.\n")


def test_compare_warns_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cores = os.cpu_count() or 1
    recipe = small.write(tmp_path)
    found = contestants([recipe], variants=["train.clip=1"], overrides=[f"train.threads={cores + 1}"])
    monkeypatch.setattr(running, "run_all", lambda *_: iter(()))
    train(RecipeComparison(found, 2, tmp_path / "out").trials(), 2, tmp_path / "out", Console())
    many = "1 core" if cores == 1 else f"{cores} cores"
    assert capsys.readouterr().err == (
        f"warning: 2 jobs of {cores + 1} threads should fit into {many}. Fewer --jobs are faster, or --set-all "
        "train.threads=1.\n"
    )
