"""Whether all that is compared has one division of a train file, where dev or test is a share of it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ...base.errors import UsageError
from ...recipe.config import Recipe
from ...sources.opening import open_sources


def check_divisions(recipes: Iterable[tuple[str, Recipe]]) -> None:
    """Raise `UsageError` with each of the recipes, by name, that divides a task's train file as the first does not."""
    faults: dict[tuple[str, Path], str] = {}  # one for each recipe and file: tasks of one source say the same
    known: dict[tuple[str, Path], tuple[str, str]] = {}
    for name, recipe in recipes:
        sources = open_sources(recipe)
        for task, config in recipe.tasks.items():
            source = sources[config.source]
            train = source.paths["train"]
            if train is None:
                continue
            written = source.held_out.written() or "no share of it"
            file = (recipe.data / str(train)).resolve()
            first, other = known.setdefault((task, file), (name, written))
            if other != written:
                faults.setdefault(
                    (name, file),
                    f"all that is compared should divide the train file of '{task}' ({train}) in one way. Found in "
                    f"'{first}': {other}; in '{name}': {written}. Write dev, test, group_by, stratify_by and "
                    "share_seed of the source alike.",
                )
    if faults:
        raise UsageError(*faults.values())
