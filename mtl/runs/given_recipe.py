"""A recipe as library code gives it: its file, the plain values that YAML would give, or loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..base.errors import UsageError
from ..compile.loading import read_recipe, readable_dict
from ..compile.readable import ReadRecipe
from ..recipe.config import Recipe

RecipeLike = Recipe | str | Path | Mapping[str, Any]


def loaded(
    recipe: object, data: str | Path | None, seed: int | None, overrides: Sequence[str], kept: Path | None = None
) -> Recipe:
    """Return a recipe that is a file, plain values or loaded; raises as `readable` does, and `RecipeError` for faults.

    `kept` is a folder with what is kept of runs that modules come from.
    """
    return readable(recipe, data, seed, overrides, kept).whole()


def readable(
    recipe: object, data: str | Path | None, seed: int | None, overrides: Sequence[str], kept: Path | None = None
) -> ReadRecipe:
    """Return what can be read of a recipe that is a file, plain values or loaded.

    Raises `UsageError` for anything else, and `RecipeError` for a file that is no recipe at all.
    """
    base = Path(data) if data is not None else None
    if isinstance(recipe, (str, Path)):
        return read_recipe(recipe, overrides=overrides, data=base, seed=seed, kept=kept)
    if isinstance(recipe, Mapping):
        return readable_dict(recipe, overrides=overrides, data=base, seed=seed, kept=kept)
    if not isinstance(recipe, Recipe):
        kind = type(recipe).__name__
        raise UsageError(f"recipe should be the path of a file, a mapping or an mtl.Recipe. Found {kind}.")
    if data is not None or seed is not None or overrides:
        raise UsageError(
            "data, seed and overrides should come with a recipe's file or mapping. Found a recipe that is loaded."
        )
    return ReadRecipe.of(recipe if kept is None else replace(recipe, kept=kept))
