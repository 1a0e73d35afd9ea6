"""Reading `teacher:` of a task."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mtl.base.errors import RecipeError
from mtl.compile.loading import load_recipe, recipe_from_dict
from mtl.recipe.filling import digest, filled
from tests import small

SOURCES = {"rows": {"format": "tsv", "train": "train.tsv"}}


def task(kind: str = "text_classification", **more: Any) -> dict[str, Any]:
    return {"type": kind, "source": "rows", "inputs": "text", "target": "y", **more}


def test_a_teacher_may_be_its_folder_alone(tmp_path: Path) -> None:
    recipe = small.RECIPE.replace("    target: intent\n", "    target: intent\n    teacher: runs/big\n")
    found = load_recipe(small.write(tmp_path, recipe))
    teacher = found.tasks["intent"].teacher
    assert teacher is not None
    assert (teacher.run, teacher.task) == (str(tmp_path / "runs/big"), None)
    assert (teacher.temperature, teacher.weight) == (2.0, 0.5)
    (tmp_path / "again.yaml").write_text(filled(found))
    assert load_recipe(tmp_path / "again.yaml") == found


def test_where_the_teacher_lies_is_no_part_of_the_digest_and_none_is_not_written(tmp_path: Path) -> None:
    recipes = []
    for folder in ("one", "two"):
        recipe = small.RECIPE.replace("    target: intent\n", f"    target: intent\n    teacher: {folder}/big\n")
        recipes.append(load_recipe(small.write(tmp_path / folder, recipe)))
    assert digest(recipes[0]) == digest(recipes[1])
    assert filled(recipes[0]).count("teacher:") == 1


@pytest.mark.parametrize(
    ("tasks", "message"),
    [
        (
            {"y": task(teacher=3)},
            "<recipe>: tasks.y.teacher: should be the folder of a finished run, or a mapping with its 'run'. Found 3.",
        ),
        (
            {"y": task(teacher={"run": "big", "weight": 2})},
            "<recipe>: tasks.y.teacher.weight: should be a number of at most 1. Found 2.",
        ),
        (
            {"y": task("text_regression", teacher="big")},
            "<recipe>: tasks.y.teacher: should come with a task that answers with labels of rows or of tokens, which a "
            "teacher has probabilities for. Found numbers [B].",
        ),
        (
            {"y": task(teacher="big", learn=False), "z": task()},
            "<recipe>: tasks.y.teacher: should be left out of a task that is not trained. Found 'learn: false'.",
        ),
        (
            {"y": task("word_tagging", teacher="big"), "z": task("word_tagging", swap_values=0.5)},
            "<recipe>: tasks.y.teacher: should be left out where training changes the tokens that the teacher has "
            "answered. Found 'swap_values' in 'z'.",
        ),
    ],
)
def test_where_a_teacher_cannot_be(tasks: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError) as caught:
        recipe_from_dict({"sources": SOURCES, "tasks": tasks})
    assert str(caught.value).splitlines()[0] == message
