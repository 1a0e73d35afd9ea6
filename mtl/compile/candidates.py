"""A recipe whose values are searched: itself, and with other values."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..base.errors import RecipeError, UsageError
from ..recipe.config import Recipe
from ..recipe.document import Document, show
from ..recipe.place import Place
from ..recipe.tuning import TuneConfig
from ..recipe.yaml_core import read
from .loading import recipe_of
from .space import tried, variant


@dataclass(frozen=True)
class Candidates:
    """A recipe as it was written, settings applied, and what else it was read with: plain values, which pickle."""

    document: Document
    file: Path
    data: Path | None
    seed: int | None

    def recipe(self) -> Recipe:
        """Return the recipe itself; raises `RecipeError` with all faults of the recipe and of its space."""
        return recipe_of(copy.deepcopy(self.document), (), self.data, self.seed, self.file)

    def with_values(self, values: Mapping[str, Any], places: Mapping[str, Place]) -> Recipe:
        """Return the recipe with values at their keys, without a space; raises `RecipeError` where it is impossible."""
        return recipe_of(variant(self.document, values, places), (), self.data, self.seed, self.file)

    def alternatives(self, config: TuneConfig) -> Iterator[tuple[str, Any, Place]]:
        """Yield (key, value, place) of every choice, and of both ends of every range."""
        yield from tried(self.document, config)


def load_candidates(
    path: str | Path,
    *,
    overrides: Sequence[str] = (),
    data: Path | None = None,
    seed: int | None = None,
    space: Path | None = None,
) -> tuple[Recipe, Candidates, TuneConfig]:
    """Read a recipe and what is searched: its section `tune`, or the file `space` in its place.

    Raises `RecipeError` with all faults, and `UsageError` where nothing says what is searched.
    """
    document = read(Path(path))
    if space is not None and isinstance(document.tree, dict):
        graft_space(document, space)
    with named_by_file(space):
        recipe = recipe_of(document, overrides, data, seed, Path(path))
    if recipe.tune is None:
        raise UsageError(
            f"{path}: should have a section 'tune' that says what is searched, or come with a file that does "
            "(--space FILE). Found neither."
        )
    return recipe, Candidates(document, Path(path), data, seed), recipe.tune


@contextmanager
def named_by_file(space: Path | None) -> Iterator[None]:
    """Let an error of a recipe say in which files its faults are: in the recipe, in that of the `space`, or in both."""
    try:
        yield
    except RecipeError as error:
        if space is None:
            raise
        there = [fault.file == str(space) for fault in error.faults]
        files = ([] if all(there) else [error.recipe]) + ([str(space)] if any(there) else [])
        raise RecipeError(error.faults, " and ".join(files)) from error


def graft_space(document: Document, space: Path) -> None:
    """Put what a file says in the place of a recipe's section `tune`; raises `UsageError` where it says nothing."""
    if not space.is_file():
        found = "a folder" if space.is_dir() else "nothing there"
        raise UsageError(f"--space {space}: should be a file (YAML) with the keys of 'tune'. Found {found}.")
    other = read(space)
    if not isinstance(other.tree, dict) and not other.faults:
        found = "an empty file" if other.tree is None else show(other.tree)
        raise UsageError(f"--space {space}: should be a mapping with the keys of 'tune'. Found {found}.")
    document.tree["tune"] = other.tree
    document.graft(("tune",), other)
    document.keys[("tune",)] = (other.name, None)
    document.faults += other.faults
