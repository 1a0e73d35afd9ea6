"""The language model that ships: possible, told of, and one table for input and output."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mtl.compile.loading import load_recipe
from mtl.runs.check import check_recipe
from mtl.sources.opening import open_sources

RECIPES = Path(__file__).resolve().parents[2] / "recipes"


def test_it_is_possible_and_has_one_table(tmp_path: Path) -> None:
    graph = check_recipe(load_recipe(RECIPES / "zoo" / "word_lm.yaml", data=tmp_path)).graph
    assert graph.warnings == ()
    assert graph.component_of("words.embedding") == graph.component_of("words.output.words") == "table"
    assert graph.predicted_words("words") == "table"
    assert "zoo/word_lm.yaml" in (RECIPES / "README.md").read_text("utf-8")


def test_its_rows_are_runs_of_35_words(data_sets: Callable[[str], Path]) -> None:
    data = data_sets("war_and_peace").parent
    recipe = load_recipe(RECIPES / "zoo" / "word_lm.yaml", data=data)
    rows = list(open_sources(recipe)["war_and_peace"].read("test", data))
    assert {len(str(row.values["text"]).split()) for row in rows[:-1]} == {35}
