"""What `mtl ensemble` is asked for: options that do not go together."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands import within


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--by", "votes"], "--by should be average or vote. Found 'votes'. Did you mean 'vote'?"),
        (["--verify", "ful"], "--verify should be full, sample or none. Found 'ful'. Did you mean 'full'?"),
        (["--runs", "3"], "--runs should come with one recipe, which is trained so often. Found 2."),
        (["--seed", "3"], "--seed should come with --runs, as finished runs are what they are. Found no --runs."),
        (["--set", "seed=3"], "--set should come with --runs, as finished runs are what they are. Found no --runs."),
    ],
)
def test_options_that_do_not_go_together(options: list[str], message: str) -> None:
    done = within("ensemble", "a", "b", "--out", "c", *options)
    assert (done.returncode, done.stderr.strip()) == (2, message)


def test_a_recipe_comes_with_how_often_it_is_trained(tmp_path: Path) -> None:
    recipe, other = tmp_path / "a.yaml", tmp_path / "b.yaml"
    for file in (recipe, other):
        file.write_text("name: any\n", "utf-8")
    should = "what is combined should be folders of runs, or one recipe with --runs N, which is trained N times."
    done = within("ensemble", recipe, "--out", tmp_path / "c")
    assert (done.returncode, done.stderr) == (2, f"{should} Found the recipe '{recipe}' without --runs.\n")
    done = within("ensemble", recipe, tmp_path / "run", other, "--out", tmp_path / "c")
    assert (done.returncode, done.stderr) == (2, f"{should} Found the recipes '{recipe}', '{other}' without --runs.\n")
    done = within("ensemble", tmp_path / "run", "--out", tmp_path / "c")
    assert (done.returncode, done.stderr) == (
        2,
        "an ensemble should be of two runs or more. Found 1. Name others, or a recipe with --runs N, which is trained "
        "N times.\n",
    )
