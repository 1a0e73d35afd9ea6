"""Recipes that divide a train file differently are not compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtl.base.errors import UsageError
from mtl.runs.comparing.comparison import RecipeComparison
from mtl.runs.comparing.contestants import contestants
from mtl.sources.opening import open_sources
from tests import small

SHARES = small.RECIPE.replace("    dev: dev.tsv\n    test: test.tsv\n", "    dev: 25%\n    test: 25%\n")


def test_one_train_file_divided_in_two_ways(tmp_path: Path) -> None:
    recipe = small.write(tmp_path, SHARES)
    variant = "sources.utterances.stratify_by=intent"
    with pytest.raises(UsageError) as error:
        contestants([recipe], variants=[variant])
    assert str(error.value) == (
        "all that is compared should divide the train file of 'intent' (train.tsv) in one way. Found in 'small': "
        "dev: 25%, test: 25%, share_seed: 1; in 'small sources.utterances.stratify_by=intent': dev: 25%, test: 25%, "
        "stratified by 'intent', share_seed: 1. Write dev, test, group_by, stratify_by and share_seed of the source "
        "alike."
    )
    with pytest.raises(UsageError) as both:
        contestants([recipe], variants=["sources.utterances.share_seed=2", variant, "seed=2"], single=True)
    other = str(error.value).replace(f"{variant}'", "sources.utterances.share_seed=2'")
    other = other.replace("stratified by 'intent', share_seed: 1", "share_seed: 2")
    assert str(both.value).splitlines() == [other, str(error.value)]
    with pytest.raises(UsageError, match=r"Found in 'small': dev: 25%, test: 25%, share_seed: 1; in 'small .*': test:"):
        contestants([recipe], variants=["sources.utterances.dev=dev.tsv"])


def test_the_tasks_alone_and_all_seeds_have_one_division(tmp_path: Path) -> None:
    found = contestants([small.write(tmp_path, SHARES)], single=True, match="epochs")
    trials = RecipeComparison(found, 3, tmp_path / "out").trials()
    assert len({trial.recipe.seed for trial in trials}) == 3
    test = {open_sources(trial.recipe)["utterances"].identity("test", trial.recipe.data) for trial in trials}
    assert len(test) == 1
