"""What is compared: recipes, variants of them, and the tasks of each alone, under names that folders can have."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...base.errors import RecipeError, UsageError, listing
from ...compile.alone import alone
from ...compile.loading import load_recipe
from ...graph.build import build_graph
from ...recipe.config import Recipe
from ...sources.opening import open_sources
from .divisions import check_divisions
from .given_settings import GivenSettings
from .matching import match_of

LONGEST = 200  # bytes of a folder's name, of the 255 that file systems take


@dataclass(frozen=True)
class Contestant:
    """What is compared under one name: a recipe, or the recipes of its tasks alone, whose figures belong together.

    The tasks alone name the contestant that they are the tasks of, and what is `matched`: epochs, steps or minutes.
    """

    name: str
    recipes: tuple[tuple[str, Recipe], ...]  # folder (inside the comparison's), recipe
    joint: str | None = None
    matched: str = "epochs"


def contestants(
    files: Sequence[str | Path],
    *,
    variants: Sequence[str] = (),
    single: bool = False,
    match: str | None = None,
    data: str | Path | None = None,
    overrides: Sequence[str] = (),
) -> list[Contestant]:
    """Return what is compared: each recipe, each variant of it, and with `single` each of them by trained tasks.

    A variant is a text of settings, `a.b.c=value`, several of them separated by `;`. `match` is what a task alone has
    as much of as the joint run: `epochs`, `steps` or `minutes` (see `.matching`). `overrides` hold for all. A setting
    is made in the recipes that it fits (see `mtl.recipe.overrides.fits`); a recipe that none of a variant's fits has no
    such variant. Raises `RecipeError` where one of them is no recipe, and `UsageError` where a setting fits none or two
    divide a train file differently.
    """
    if match is not None and not single:
        raise UsageError(
            f"--match should come with --single: it says how each task alone is trained. Found --match {match} and no "
            "--single."
        )
    base = Path(data) if data is not None else None
    found: list[Contestant] = []
    names: set[str] = set()
    asked = GivenSettings.of(files, overrides, variants)
    for file in files:
        for settings in asked.variants_of(file):
            recipe = load_recipe(file, overrides=[*asked.of_all(file), *settings], data=base)
            recipe = replace(recipe, settings=(*recipe.settings, *asked.left_out(file)))
            name = _free(f"{recipe.name} {'; '.join(settings)}".strip(), names)
            found.append(Contestant(name, ((slug(name), recipe),)))
            if single:
                trained = [task.name for task in recipe.tasks.values() if task.learn]
                if len(trained) == 1:
                    untrained = f" besides {listing(recipe.tasks.keys() - set(trained))}, not trained"
                    found_one = f"Found one{untrained if len(recipe.tasks) > 1 else ''}."
                    raise UsageError(f"{file}: should have several tasks to train each alone. {found_one}")
                matched = match_of(recipe, match)
                lone = _free(f"{name}, each task alone, as many {matched}", names)
                tasks = tuple((f"{slug(lone)}/{task}", alone(recipe, task)) for task in trained)
                found.append(Contestant(lone, tasks, name, matched))
    for contestant in found:
        for _, recipe in contestant.recipes:
            _check(recipe)
    check_divisions((contestant.name, recipe) for contestant in found for _, recipe in contestant.recipes)
    return found


def _check(recipe: Recipe) -> None:
    """Raise `RecipeError` for all that keeps a recipe from being compared."""
    sources = open_sources(recipe)
    faults = [
        recipe.sources[name].place.fault(
            f"should have a test split to compare by. Found {listing(sources[name].splits)}."
        )
        for name in build_graph(recipe).streams()
        if "test" not in sources[name].splits
    ]
    if faults:
        raise RecipeError(faults, recipe.title)


def _free(name: str, taken: set[str]) -> str:
    """Return a name whose folder nothing else has."""
    found, number = name, 1
    while slug(found) in taken:
        number += 1
        found = f"{name} ({number})"
    taken.add(slug(found))
    return found


def slug(name: str) -> str:
    """Return a name as one of a folder; one that is too long ends with a hash of the whole.

    >>> slug("demo train.optimizer.lr=1e-3; seed=2")
    'demo-train.optimizer.lr-1e-3-seed-2'
    """
    found = re.sub(r"[^\w.-]+", "-", name).strip("-.").encode()
    if len(found) > LONGEST:
        digest = hashlib.sha256(name.encode()).hexdigest()[:8]
        found = found[: LONGEST - 9] + f"-{digest}".encode()
    return found.decode(errors="ignore")  # a character may have been cut in two
