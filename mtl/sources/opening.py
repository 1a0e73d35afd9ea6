"""The sources of a recipe, opened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..base.errors import UsageError, listing, near_miss
from ..recipe.config import Recipe
from .base import SPLITS, Source
from .python import PythonSource


def open_sources(recipe: Recipe, given: Mapping[str, Mapping[str, Iterable[Any]]] | None = None) -> dict[str, Source]:
    """Return a recipe's sources by name; those of `given` (split -> iterable of dicts) replace written ones.

    Raises `UsageError` where a source is given that the recipe does not have, or a split that no source has.
    """
    _check_given(given or {}, recipe)
    sources: dict[str, Source] = {
        name: config.cls(**config.values) for name, config in recipe.sources.items() if name not in (given or {})
    }
    for name, splits in (given or {}).items():
        sources[name] = PythonSource.given(splits)
    return sources


def _check_given(given: Mapping[str, Any], recipe: Recipe) -> None:
    for name, splits in given.items():
        if name not in recipe.sources:
            raise UsageError(
                f"given sources should be among those of the recipe ({listing(recipe.sources)}). "
                f"Found '{name}'.{near_miss(name, recipe.sources)}"
            )
        if not isinstance(splits, Mapping):
            kind = type(splits).__name__
            raise UsageError(f"the source '{name}' should be given as a mapping of splits to rows. Found {kind}.")
        for split in splits:
            if split not in SPLITS:
                raise UsageError(
                    f"splits given of source '{name}' should be among {', '.join(SPLITS)}. "
                    f"Found '{split}'.{near_miss(str(split), SPLITS)}"
                )
