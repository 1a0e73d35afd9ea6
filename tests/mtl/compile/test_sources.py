"""Sources with shares of train: what the filled recipe says of them, and what is wrong with how they are written."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from mtl.compile.alone import alone
from mtl.compile.loading import load_recipe, recipe_from_text
from mtl.recipe.filling import digest, filled
from mtl.sources.held_out import HeldOut
from mtl.sources.opening import open_sources
from tests.mtl.recipe.texts import INTENT_SLOT, changed, faults

FILES = "dev: dev.tsv, test: test.tsv"


def with_keys(keys: str) -> str:
    return changed(INTENT_SLOT, (FILES, keys))


WRONG = {
    "dev: 0.1": (
        "sources.utterances.dev: should be a file, or a share of train such as 10%. Found 0.1. Write 'dev: 10%'."
    ),
    "test: 10": "sources.utterances.test: should be a file, or a share of train such as 10%. Found 10.",
    "dev: 10%, test: 95%": "sources.utterances: dev and test should leave rows for train. Found 10% and 95%.",
    "dev: 10%, group_by: 3": "sources.utterances.group_by: should be a string or null. Found 3.",
    "dev: 10%, groupby: doc": (
        "sources.utterances.groupby: the source 'tsv' has no key 'groupby'. Did you mean 'group_by'?"
    ),
    "dev: dev.tsv, group_by: doc": (
        "sources.utterances.group_by: should come with a share of train as dev or test, such as 'dev: 10%'. "
        "Found no share."
    ),
    "dev: 10%, share_seed: x": "sources.utterances.share_seed: should be a whole number or null. Found 'x'.",
    "dev: dev.tsv, share_seed: 2": (
        "sources.utterances.share_seed: should come with a share of train as dev or test, such as 'dev: 10%'. "
        "Found no share."
    ),
    "test: test.tsv, stratify_by: doc": (
        "sources.utterances.stratify_by: should come with a share of train as dev or test, such as 'dev: 10%'. "
        "Found no share."
    ),
}


@pytest.mark.parametrize("keys", WRONG)
def test_what_is_wrong(keys: str) -> None:
    assert faults(with_keys(keys)) == [f"r.yaml:4: {WRONG[keys]}"]


def test_how_rows_are_divided_is_what_the_source_says_whatever_seed_and_tasks_there_are(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(with_keys("dev: 10%, group_by: doc"))
    recipe = load_recipe(path)
    held_out = open_sources(recipe)["utterances"].held_out
    assert held_out == HeldOut({"dev": Fraction(1, 10)}, 1, "doc", None, None)
    assert open_sources(alone(recipe, "slots"))["utterances"].held_out == held_out
    assert open_sources(load_recipe(path, seed=5))["utterances"].held_out == held_out
    path.write_text(with_keys("dev: 10%, stratify_by: slots, share_seed: 7"))
    recipe = load_recipe(path)
    assert open_sources(recipe)["utterances"].held_out == HeldOut({"dev": Fraction(1, 10)}, 7, None, None, "slots")
    (tmp_path / "again.yaml").write_text(filled(recipe))
    again = load_recipe(tmp_path / "again.yaml")
    assert again.sources == recipe.sources
    assert digest(again) == digest(recipe)
    assert "stratify_by: slots, share_seed: 7" in " ".join(filled(recipe).split())


def test_a_source_of_files_is_filled_without_a_word_about_shares() -> None:
    text = filled(recipe_from_text(INTENT_SLOT))
    assert "group_by" not in text
    assert "stratify_by" not in text
    assert "share_seed" not in text


def test_given_rows_are_divided_as_the_recipe_says_but_for_splits_that_are_given() -> None:
    recipe = recipe_from_text(with_keys("dev: 25%, test: 25%"))
    rows = [{"text": str(i), "intent": "a", "slots": "O"} for i in range(8)]
    found = open_sources(recipe, {"utterances": {"train": rows, "test": rows[:3]}})["utterances"]
    counts = {split: len(list(found.read(split, Path()))) for split in found.splits}
    assert counts == {"train": 6, "dev": 2, "test": 3}
    assert open_sources(recipe, {"utterances": {"test": rows}})["utterances"].splits == ("test",)
