"""Whether all that is compared has one division of a train file, where dev or test is a share of it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ...base.errors import UsageError
from ...recipe.config import Recipe
from ...sources.opening import open_sources


def check_divisions(recipes: Iterable[tuple[str, Recipe]]) -> None:
    """Raise `UsageError` where two of the recipes, by name, divide the train file of a task differently."""
    known: dict[tuple[str, Path], tuple[str, str]] = {}
    for name, recipe in recipes:
        sources = open_sources(recipe)
        for task, config in recipe.tasks.items():
            source = sources[config.source]
            train = source.paths["train"]
            if train is None:
                continue
            written = source.held_out.written() or "no share of it"
            first, other = known.setdefault((task, (recipe.data / str(train)).resolve()), (name, written))
            if other != written:
                raise UsageError(
                    f"all that is compared should divide the train file of '{task}' ({train}) in one way. Found in "
                    f"'{first}': {other}; in '{name}': {written}. Write dev, test, group_by, stratify_by and "
                    "share_seed of the source alike."
                )
