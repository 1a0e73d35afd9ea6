"""From a recipe file to a `Recipe`, or to what can be read of one, and all that is wrong in one error."""

from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..base import registry
from ..base.declared import defaults, plain, schema
from ..base.errors import CheckpointError, Fault, Option, RecipeError, UsageError
from ..base.folders import FITTED, kind_of, what_is
from ..base.unfinished import command, unfinished
from ..graph.build import build_graph
from ..graph.sharing_graph import SharingGraph
from ..recipe import overrides as settings
from ..recipe.config import Recipe
from ..recipe.document import Document, from_values, show
from ..recipe.filling import filled
from ..recipe.schema import fitted_to
from ..recipe.yaml_core import parse, read
from .draft import Reading, told
from .from_runs import GraphOf
from .origins import kept_run
from .readable import ReadRecipe
from .sections import read_sections
from .space import read_with_space, variant

FOLDER = re.compile(r"[/\\\0-\x1f]|\A\.")  # what the name of a run's folder should not contain
# Modules of mtl whose import registers classes. They belong to higher rooms, so they are named and not imported here.
BUILT_IN = (
    *("sources", "text.tokenizers", "text.subwords", "text.features", "data.targets"),
    *(
        "evaluate.metrics",
        "train.mixture",
        "train.adaptive_mixture",
        "train.optimizer",
        "train.lamb",
        "train.more_optimizers",
        "train.more_schedules",
        "train.balance",
    ),
)


def load_recipe(
    path: str | Path,
    *,
    overrides: Sequence[str] = (),
    data: Path | None = None,
    seed: int | None = None,
    kept: Path | None = None,
) -> Recipe:
    """Read and check a recipe file; raises `RecipeError` with all its faults.

    `overrides` are `a.b.c=value` settings, `data` replaces the directory that relative data paths start from,
    and `seed` the recipe's seed. `kept` is a folder with what is kept of runs that modules come from.
    """
    return read_recipe(path, overrides=overrides, data=data, seed=seed, kept=kept).whole()


def read_recipe(
    path: str | Path,
    *,
    overrides: Sequence[str] = (),
    data: Path | None = None,
    seed: int | None = None,
    kept: Path | None = None,
) -> ReadRecipe:
    """Read a recipe file as far as that is possible, and check it; the arguments are those of `load_recipe`.

    Raises `RecipeError` where nothing can be read of it: it is no mapping.
    """
    return _readable(read(Path(path)), overrides, data, seed, Path(path), kept)


def recipe_from_text(
    text: str,
    *,
    name: str = "<recipe>",
    overrides: Sequence[str] = (),
    data: Path | None = None,
    seed: int | None = None,
) -> Recipe:
    """Read and check a recipe that is not in a file; `name` is what messages call it."""
    return recipe_of(parse(text, name), overrides, data, seed, None)


def recipe_from_dict(
    tree: Mapping[str, Any],
    *,
    name: str = "<recipe>",
    overrides: Sequence[str] = (),
    data: Path | None = None,
    seed: int | None = None,
    kept: Path | None = None,
) -> Recipe:
    """Check a recipe given as the plain values that YAML would give; `name` is what messages call it."""
    return readable_dict(tree, name=name, overrides=overrides, data=data, seed=seed, kept=kept).whole()


def readable_dict(
    tree: Mapping[str, Any],
    *,
    name: str = "<recipe>",
    overrides: Sequence[str] = (),
    data: Path | None = None,
    seed: int | None = None,
    kept: Path | None = None,
) -> ReadRecipe:
    """Read a recipe given as plain values as far as that is possible; see `recipe_from_dict` and `read_recipe`."""
    return _readable(from_values(tree, name), overrides, data, seed, None, kept)


def register_built_in() -> None:
    """Import the classes that `mtl` itself brings; modules and tasks come through entry points."""
    for module in BUILT_IN:
        importlib.import_module(f"mtl.{module}")


def recipe_of(
    document: Document,
    overrides: Sequence[str],
    data: Path | None,
    seed: int | None,
    file: Path | None,
    kept: Path | None = None,
) -> Recipe:
    """Check a document, which settings change, and runs that modules come from; see `load_recipe`."""
    return _readable(document, overrides, data, seed, file, kept).whole()


def _readable(
    document: Document,
    overrides: Sequence[str],
    data: Path | None,
    seed: int | None,
    file: Path | None,
    kept: Path | None,
) -> ReadRecipe:
    _check_form(document)
    settings.apply(document, overrides, lambda: _filled(document, data, seed, file, kept))
    if document.tree.get("tune") is None:
        return _read(document, data, seed, file, kept)
    return read_with_space(document, lambda variant: _read(variant, data, seed, file, kept))


def _filled(
    document: Document, data: Path | None, seed: int | None, file: Path | None, kept: Path | None
) -> dict[str, Any] | None:
    """Return the values of a recipe with all its defaults, None where something is wrong with it."""
    copied = replace(variant(document, {}, {}), faults=[], settings=[])
    try:
        found: dict[str, Any] = parse(filled(_read(copied, data, seed, file, kept).whole()), document.name).tree
    except RecipeError:
        return None
    return found


def run_graph(folder: Path) -> SharingGraph:
    """Return the graph of what a finished run trained; raises `CheckpointError` where the folder holds none.

    What is kept of a run has no checkpoints: it was finished when it was kept.
    """
    if kind_of(folder) != "run":
        raise CheckpointError(f"should be the folder of a finished run. Found '{folder}': {what_is(folder)}.")
    _fault_if_unfinished(folder)
    try:
        return build_graph(load_recipe(folder / "recipe.yaml"))
    except RecipeError as error:
        message = f"should be a run that this version of mtl can read. Found '{folder}': {error.faults[0]}"
        raise CheckpointError(message) from error


def _fault_if_unfinished(folder: Path) -> None:
    """Raise `CheckpointError` where a run's last checkpoint is not that of its end.

    Without any checkpoint, those who take weights say which one they lack.
    """
    found = unfinished(folder)
    if found is not None:
        raise CheckpointError(
            f"should be the folder of a finished run. Found '{folder}': its last checkpoint is of {found.so_far}. "
            f"Let the training end; if nothing trains it, go on with it: {found.again}"
        )
    if not (folder / FITTED).is_file():
        raise CheckpointError(
            f"should be the folder of a finished run. Found '{folder}': its training has not begun. Begin it: "
            f"{command(folder)}"
        )


def _graph_of(kept: Path | None) -> GraphOf:
    @functools.cache
    def graph_of(run: Path) -> tuple[SharingGraph | None, str]:
        try:
            return run_graph(kept_run(kept, run)), ""
        except CheckpointError as error:
            return None, error.faults[0].message

    return graph_of


def _read(document: Document, data: Path | None, seed: int | None, file: Path | None, kept: Path | None) -> ReadRecipe:
    reading = Reading(document, document.faults, file.parent if file is not None else Path())
    malformed = len(reading.faults)
    checked, faults = fitted_to(schema(Recipe), document.tree, document, (), "a recipe")
    reading.faults += faults
    if checked and FOLDER.search(checked["name"] or ""):
        reading.fault(("name",), f"should be a name that a folder can have. Found {show(checked['name'])}.")
    if seed is not None and seed < 0:
        reading.faults.append(Fault(f"should be a whole number of at least 0. Found {seed}.", Option("--seed")))
    general = checked or defaults(Recipe)
    base = reading.base
    reading.data = data.resolve() if data is not None else (base / (general["data"] or "")).resolve()
    plugins = _load_plugins(reading, general["plugins"], base)
    values = {key: general[key] for key in plain(Recipe)} | {
        "name": general["name"] or (file.stem if file is not None else "recipe"),
        "seed": general["seed"] if seed is None else seed,
        "plugins": plugins,
        "data": reading.data,
        "file": file,
        "kept": kept,
        "document": document.name,
        "settings": tuple(document.settings),
    }
    return read_sections(reading, values, malformed, _graph_of(kept))


def _check_form(document: Document) -> None:
    """Raise what is wrong with a document that nothing more can be read from."""
    tree = document.tree
    if not isinstance(tree, dict) and not document.faults:
        found = "an empty file" if tree is None else show(tree)
        document.faults.append(Fault(f"should be a mapping with 'sources' and 'tasks'. Found {found}.", document.name))
    if not isinstance(tree, dict):
        raise RecipeError(document.faults, document.name)


def _load_plugins(reading: Reading, plugins: Sequence[str], base: Path) -> tuple[str, ...]:
    """Import plugins and return their names, those of files as absolute paths; notes those that cannot be imported."""
    register_built_in()
    registry.load_plugins()
    found = []
    for i, plugin in enumerate(plugins):
        name = str((base / plugin).resolve()) if plugin.endswith(".py") else plugin
        try:
            registry.load_plugins((plugin,), base)
        except UsageError as error:
            reading.strangers = True
            for message in told(error):
                reading.fault(("plugins", i), message)
        found.append(name)
    return tuple(found)
