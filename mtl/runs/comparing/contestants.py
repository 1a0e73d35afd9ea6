"""What is compared: recipes, variants of them, and the tasks of each alone, under names that folders can have."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ...base.errors import Fault, MtlError, Option, RecipeError, UsageError, listing
from ...base.several_errors import SeveralErrors, Together
from ...compile.alone import alone
from ...compile.loading import load_recipe
from ...graph.build import build_graph
from ...recipe.config import Recipe
from ...recipe.filling import filled
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

    def also(self, recipe: Recipe, given: str) -> Contestant:
        """Return it with what is told of an equal recipe, and that this one is not trained again."""
        told = Fault(f"gives the recipe '{self.name}', which is compared already: it is trained once.", given)
        ((folder, own),) = self.recipes
        return replace(self, recipes=((folder, replace(own, settings=(*own.settings, *recipe.settings, told))),))


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
    such variant. Of equal recipes there is one: the settings of its recipe say which others give it.

    Raises `RecipeError` where one of them is no recipe, `SeveralErrors` where this is so of several files, and
    `UsageError` where a setting fits none or two divide a train file differently.
    """
    if match is not None and not single:
        raise UsageError(
            f"--match should come with --single: it says how each task alone is trained. Found --match {match} and no "
            "--single."
        )
    base = Path(data) if data is not None else None
    asked = GivenSettings.of(files, overrides, variants)
    names: set[str] = set()
    found: dict[str, list[Contestant]] = {}  # by what the recipe says, all defaults written out
    together = Together()
    for file in files:
        known: set[Fault] = set()  # what is wrong with the recipe as it is
        for settings in asked.variants_of(file):
            with together.part(), _told_of(settings, known):
                recipe = load_recipe(file, overrides=[*asked.of_all(file), *settings], data=base)
                recipe = replace(recipe, settings=(*recipe.settings, *asked.left_out(file)))
                said = filled(recipe)
                if said in found:
                    found[said][0] = found[said][0].also(recipe, _variant(settings) if settings else str(file))
                    continue
                name = _free(f"{recipe.name} {'; '.join(settings)}".strip(), names)
                found[said] = [Contestant(name, ((slug(name), recipe),))]
                _check(recipe)
                if single:
                    matched = match_of(recipe, match)
                    lone = _free(f"{name}, each task alone, as many {matched}", names)
                    found[said].append(Contestant(lone, _each_alone(recipe, file, slug(lone)), name, matched))
    together.fault_if_any()
    chosen = [contestant for some in found.values() for contestant in some]
    check_divisions((one.name, recipe) for one in chosen if one.joint is None for _, recipe in one.recipes)
    return chosen


@contextmanager
def _told_of(settings: Sequence[str], known: set[Fault]) -> Iterator[None]:
    """Let rows about lines of a recipe say of which variant they are, where they are not of the recipe as it is."""
    try:
        yield
    except (RecipeError, SeveralErrors) as error:
        errors = error.errors if isinstance(error, SeveralErrors) else (error,)
        if not settings:
            known.update(fault for one in errors if isinstance(one, RecipeError) for fault in one.own)
            raise
        raise SeveralErrors([_of_variant(one, _variant(settings), known) for one in errors]) from error


def _of_variant(error: MtlError, variant: Option, known: set[Fault]) -> MtlError:
    """Return an error whose rows about lines of a recipe name the variant, but for those that are known."""
    if not isinstance(error, RecipeError):
        return error
    rows = [f if f in known or isinstance(f.file, Option) else Fault(str(f), variant) for f in error.own]
    return RecipeError(rows, error.recipe, error.data)


def _each_alone(recipe: Recipe, file: str | Path, folder: str) -> tuple[tuple[str, Recipe], ...]:
    """Return a recipe of each trained task alone, with its folder; raises all that keeps any from being compared."""
    trained = [task.name for task in recipe.tasks.values() if task.learn]
    if len(trained) == 1:
        untrained = f" besides {listing(recipe.tasks.keys() - set(trained))}, not trained"
        found_one = f"Found one{untrained if len(recipe.tasks) > 1 else ''}."
        raise UsageError(f"{file}: should have several tasks to train each alone. {found_one}")
    found = []
    together = Together()
    for task in trained:
        with together.part():
            found.append((f"{folder}/{task}", alone(recipe, task)))
            _check(found[-1][1])
    together.fault_if_any()
    return tuple(found)


def _variant(settings: Sequence[str]) -> Option:
    """Return the option that makes a variant."""
    return Option(f"--set {'; '.join(settings)}")


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
