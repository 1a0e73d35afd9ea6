"""The recipe with lists of names: possible without them, and read with the real ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mtl.base.errors import RecipeError
from mtl.compile.loading import load_recipe
from mtl.runs.check import check_recipe, read_data
from mtl.sources.opening import open_sources
from mtl.text.gazetteer import NameFlags

RECIPE = Path(__file__).resolve().parents[2] / "recipes" / "zoo" / "gazetteers.yaml"


def test_recipe_is_possible_and_warns_of_nothing() -> None:
    report = check_recipe(
        load_recipe(RECIPE), initial=False
    )  # without the data sets, whose files are no part of the project
    assert report.warnings == ()
    assert f"zoo/{RECIPE.name}" in (RECIPE.parents[1] / "README.md").read_text("utf-8")


def test_lists_that_are_not_there_are_reported_at_once(tmp_path: Path) -> None:
    with pytest.raises(RecipeError) as caught:
        check_recipe(load_recipe(RECIPE, data=tmp_path))
    assert str(caught.value).splitlines() == [
        *(
            f"{tmp_path / 'gazetteers' / file}: list '{name}': should be a readable file of names. Found: No such file "
            "or directory."
            for name, file in (
                ("genre", "corpora/music/genres.json"),
                ("artist", "corpora/music/rock_hall_of_fame.json"),
                ("country", "nltk_gazetteers/isocountries.txt"),
                ("city", "world-cities/world-cities.csv"),
            )
        ),
        f"4 errors in {RECIPE}",
    ]


@pytest.mark.slow
def test_recipe_reads_its_data_sets(data_sets: Callable[[str], Path], tmp_path: Path) -> None:
    folder = data_sets("gazetteers").parent
    data_sets("snips")
    recipe = load_recipe(RECIPE, data=folder)
    prepared = read_data(check_recipe(recipe).graph, open_sources(recipe), tmp_path)
    (names,) = [f for found in prepared.fitted.features.values() for f in found if isinstance(f, NameFlags)]
    counts = {name: len(tokens) for name, tokens in names.state()["names"].items()}
    assert counts["country"] > 200
    assert counts["city"] > 25_000
    flags = prepared.splits["slots", "train"]
    assert len(flags) == 7 * 187
