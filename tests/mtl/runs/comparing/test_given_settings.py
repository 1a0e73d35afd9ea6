"""Settings of a comparison are made in the recipes that they fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtl.base.errors import RecipeError, UsageError
from mtl.runs.comparing.contestants import contestants
from tests import small

OTHER = (
    small.RECIPE.replace("name: small", "name: other")
    .replace(", lowercase: true", "")
    .replace("  intent:", "  goal:")
    .replace("intent.", "goal.")
)


@pytest.fixture
def both(tmp_path: Path) -> list[Path]:
    """A recipe, and one without `lowercase` whose first task has another name."""
    small.write(tmp_path)
    (tmp_path / "other.yaml").write_text(OTHER, "utf-8")
    return [tmp_path / "small.yaml", tmp_path / "other.yaml"]


def test_a_setting_of_all_is_made_where_it_fits(both: list[Path]) -> None:
    first, other = both
    given = ["**.lowercase=ascii", "tasks.goal.weight=2", "seed=9"]
    (_, one), (_, two) = (found.recipes[0] for found in contestants(both, overrides=given))
    assert {task.inputs["text"].front_end.lowercase for task in one.tasks.values()} == {"ascii"}
    assert {task.inputs["text"].front_end.lowercase for task in two.tasks.values()} == {False}
    assert (two.tasks["goal"].weight, one.seed, two.seed) == (2.0, 9, 9)
    assert [str(row) for row in one.settings] == [
        "--set-all **.lowercase=ascii: sets 2 keys: tasks.intent.inputs.text.lowercase, "
        "tasks.slots.inputs.text.lowercase.",
        f"--set-all tasks.goal.weight=2: not set in {first}: it has no such key.",
    ]
    assert [str(row) for row in two.settings] == [
        f"--set-all **.lowercase=ascii: not set in {other}: it has no such key.",
    ]


def test_a_setting_of_all_that_cannot_be_made_is_told_as_it_was_given(both: list[Path]) -> None:
    with pytest.raises(RecipeError) as raised:
        contestants(both[:1], variants=["seed=9", "tasks.solts.weight=2"], overrides=["tasks.slts.weight=2", "x"])
    assert str(raised.value).splitlines() == [
        "--set tasks.solts.weight=2: tasks: no task named 'solts'. Did you mean 'slots'?",
        "--set-all tasks.slts.weight=2: tasks: no task named 'slts'. Did you mean 'slots'?",
        "--set-all x: should be 'a.b.c=value'. Found no such setting.",
        f"3 errors in options given with {both[0]}",
    ]


def test_a_variant_is_one_of_the_recipes_that_it_fits(both: list[Path]) -> None:
    found = contestants(both, variants=["**.lowercase=ascii", "seed=9; tasks.goal.weight=2"])
    names = [contestant.name.removeprefix("small").removeprefix("other") for contestant in found]
    assert names == ["", " **.lowercase=ascii", " seed=9", "", " seed=9; tasks.goal.weight=2"]


def test_a_variant_that_fits_in_part_has_what_fits_and_says_what_is_left_out(both: list[Path]) -> None:
    first, _ = both
    found = contestants(both, variants=["seed=9; tasks.goal.weight=2"])
    variant = found[1].recipes[0][1]
    assert variant.seed == 9
    assert [str(row) for row in variant.settings] == [
        f"--set tasks.goal.weight=2: not set in {first}: it has no such key."
    ]


def test_variants_that_become_equal_are_one(both: list[Path]) -> None:
    found = contestants(both, variants=["seed=9; tasks.goal.weight=2", "seed=9; tasks.intent.weight=2", "seed=9"])
    assert [contestant.name for contestant in found] == [
        *("small", "small seed=9", "small seed=9; tasks.intent.weight=2"),
        *("other", "other seed=9; tasks.goal.weight=2", "other seed=9"),
    ]
    alone = contestants(both[:1], variants=["seed=9", "seed=9"])
    assert [contestant.name for contestant in alone] == ["small", "small seed=9"]


def test_settings_that_fit_no_recipe_are_told_at_once(both: list[Path]) -> None:
    with pytest.raises(UsageError) as raised:
        contestants(both, overrides=["**.pth=x"], variants=["tasks.gaol.weight=2"])
    assert str(raised.value).splitlines() == [
        "--set-all **.pth=x: '**.pth' should be in at least one of the recipes. It is in none.",
        "--set tasks.gaol.weight=2: 'tasks.gaol.weight' should be in at least one of the recipes. It is in none.",
    ]
