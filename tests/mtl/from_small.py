"""A new task over the data of the small run, whose modules may come from that run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mtl.base.errors import RecipeError
from mtl.compile.loading import recipe_from_dict
from mtl.recipe.config import Recipe
from mtl.runs.check import check_recipe
from tests import small

SOURCE = {"format": "tsv", "train": "dev.tsv", "dev": "dev.tsv", "test": "test.tsv"}
TEXT = {"column": "text", "lowercase": True}


def tree(model: Mapping[str, Any], *, text: Mapping[str, Any] = TEXT, **further: Any) -> dict[str, Any]:
    """Return the recipe of a task `kind`, with further keys of the recipe."""
    task = {"type": "text_classification", "source": "s", "inputs": {"text": dict(text)}, "target": "intent"}
    train = {"epochs": 1, "gradients_every": 0}
    return {
        "name": "new",
        "sources": {"s": SOURCE},
        "tasks": {"kind": {**task, "model": model}},
        "train": train,
    } | further


def recipe(folder: Path, model: Mapping[str, Any], **further: Any) -> Recipe:
    """Return the recipe, loaded, over data in a folder."""
    if not (folder / "train.tsv").exists():
        small.write(folder)
    return recipe_from_dict(tree(model, **further), data=folder)


def refused(recipe: Recipe) -> list[str]:
    """Return the rows of what a check finds wrong."""
    try:
        check_recipe(recipe)
    except RecipeError as error:
        return [str(fault) for fault in error.faults]
    return []
