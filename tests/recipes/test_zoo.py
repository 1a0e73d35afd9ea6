"""Every recipe of the zoo: possible, without a warning, listed in the table of recipes, and reading its data set."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from mtl.compile.loading import load_recipe
from mtl.runs.check import check_recipe, read_data
from mtl.sources.opening import open_sources

RECIPES = Path(__file__).resolve().parents[2] / "recipes"
FOLDERS = {  # of the data sets, by the recipe
    "atis": "atis",
    "conll2000": "conll2000",
    "ewt": "ud_english_ewt",
    "r8": "reuters_r8",
    "snips": "snips",
    "snips_50": "snips",
    "sst2": "sst2",
    "trec": "trec_qc",
}
WITH_CHUNKS = ("chunks_on_snips", "snips_chunks")
LABELS = {
    "trec": ("question", 6),
    "sst2": ("sentiment", 2),
    "r8": ("topic", 8),
    "ewt": ("pos", 17),
    "atis": ("intent", 21),
}


def test_every_recipe_is_tested_and_described() -> None:
    others = {"character_lm", "contextual", "gazetteers", "word_lm"}  # tested by themselves
    assert {*FOLDERS, *others, *WITH_CHUNKS} == {path.stem for path in (RECIPES / "zoo").glob("*.yaml")}
    readme = (RECIPES / "README.md").read_text("utf-8")
    assert all(f"`zoo/{name}.yaml`" in readme for name in (*FOLDERS, *WITH_CHUNKS))


@pytest.mark.parametrize("name", WITH_CHUNKS)
def test_chunks_are_read_as_snips_is(name: str) -> None:
    recipe, snips = (yaml.safe_load((RECIPES / "zoo" / f"{stem}.yaml").read_text("utf-8")) for stem in (name, "snips"))
    inputs = recipe["tasks"]["chunks"]["inputs"]["text"]
    assert {**inputs, "column": "text"} == snips["tasks"]["slots"]["inputs"]["text"]
    assert set(recipe["share"]) == set(snips["share"])


@pytest.mark.parametrize("name", FOLDERS)
def test_it_is_possible_and_warns_of_nothing(name: str) -> None:
    recipe = load_recipe(RECIPES / "zoo" / f"{name}.yaml")
    assert recipe.name == name
    assert check_recipe(recipe, initial=False).warnings == ()
    assert recipe.train.average is not None


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow) for name in FOLDERS])
def test_it_reads_its_data_set(name: str, data_sets: Callable[[str], Path], tmp_path: Path) -> None:
    recipe = load_recipe(RECIPES / "zoo" / f"{name}.yaml", data=data_sets(FOLDERS[name]).parent)
    prepared = read_data(check_recipe(recipe).graph, open_sources(recipe), tmp_path)
    assert {split for _, split in prepared.splits} == {"train", "dev", "test"}
    assert prepared.skipped == []
    if name in LABELS:
        task, count = LABELS[name]
        assert len(prepared.fitted.labels[task]) == count
