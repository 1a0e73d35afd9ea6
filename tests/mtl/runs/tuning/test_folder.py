from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mtl.base.errors import UsageError
from mtl.compile.loading import recipe_from_text
from mtl.recipe.config import Recipe
from mtl.recipe.tuning import Range, TuneConfig
from mtl.runs.tuning.folder import begun, claim, default_folder
from tests import small

CONFIG = TuneConfig(space={"train.optimizer.lr": Range(low=1e-3, high=1, log=True), "train.clip": (1, None)})
DATA = {"utterances/dev": "a", "utterances/train": "b"}
ADVICE = "Go on with what it was begun with, or name another folder (--out DIR)."


def recipe(**train: int) -> Recipe:
    return recipe_from_text(small.RECIPE, overrides=[f"train.{key}={value}" for key, value in train.items()])


def test_a_folder_is_made_and_found_again(tmp_path: Path) -> None:
    out = tmp_path / "a/b"
    assert not begun(out)
    for found in (recipe(), replace(recipe(), data=tmp_path)):  # data may lie elsewhere, if it is equal
        claim(out, found, CONFIG, DATA)
        assert begun(out)
    assert default_folder(recipe()) == Path("runs/small-tune")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"recipe": recipe(epochs=3)},
            "the recipe and its space should be those that the study was begun with. Found others: train.epochs: "
            f"24 there, 3 here. {ADVICE}",
        ),
        (
            {"config": replace(CONFIG, pruner="none", space={"train.optimizer.lr": Range(low=1e-3, high=2, log=True)})},
            "the recipe and its space should be those that the study was begun with. Found others: "
            "tune.space.train.optimizer.lr.high: 1 there, 2 here; tune.space.train.clip.0: 1 there, none here; "
            f"tune.pruner: 'median' there, 'none' here. {ADVICE}",
        ),
        (
            {"data": {"utterances/dev": "a", "utterances/train": "c", "other/dev": "d"}},
            "the data should be that which the study was begun with. Found other data: other/dev, utterances/train. "
            f"{ADVICE}",
        ),
    ],
)
def test_another_study_is_refused(tmp_path: Path, change: dict[str, object], message: str) -> None:
    given: dict[str, object] = {"recipe": recipe(), "config": CONFIG, "data": DATA}
    claim(tmp_path, **given)  # type: ignore[arg-type]
    with pytest.raises(UsageError) as error:
        claim(tmp_path, **{**given, **change})  # type: ignore[arg-type]
    assert str(error.value) == f"{tmp_path}: {message}"


def test_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x", "utf-8")
    with pytest.raises(UsageError) as error:
        begun(tmp_path)
    assert str(error.value) == (
        f"study folder '{tmp_path}' should be new, empty or that of a study. Found 1 entry of something else in it. "
        "Name another folder (--out DIR)."
    )
    with pytest.raises(UsageError) as error:
        begun(tmp_path / "a")
    assert str(error.value) == (
        f"study folder '{tmp_path / 'a'}' should be a folder. Found a file. Name another one (--out DIR)."
    )
    (tmp_path / "study.json").write_text("[]", "utf-8")
    with pytest.raises(UsageError) as error:
        claim(tmp_path, recipe(), CONFIG, DATA)
    assert str(error.value) == f"{tmp_path / 'study.json'}: should hold 'recipe' and 'data'. Found something else."
