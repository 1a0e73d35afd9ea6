"""The sources of a recipe, opened."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from ..base.errors import DataError, Fault, UsageError, listing, near_miss
from ..recipe.config import Recipe
from .base import SPLITS, Source, fault_of_stream
from .held_out import HeldOut
from .python import PythonSource


def open_sources(recipe: Recipe, given: Mapping[str, Mapping[str, Iterable[Any]]] | None = None) -> dict[str, Source]:
    """Return a recipe's sources by name; those of `given` (split -> iterable of dicts) replace written ones.

    Where a recipe's dev or test is a share of train, it is one of given train rows too, unless that split is given.
    Raises `UsageError` where a source is given that the recipe does not have, or a split that no source has.
    """
    _check_given(given or {}, recipe)
    sources: dict[str, Source] = {}
    for name, config in recipe.sources.items():
        source: Source = config.cls(**config.values)
        held_out = _held_out(recipe, name, source.held_out)
        if name in (given or {}):
            splits = (given or {})[name]
            source = PythonSource.given(splits)
            shares = held_out.shares if "train" in splits else {}
            held_out = replace(held_out, shares={split: x for split, x in shares.items() if split not in splits})
        source.hold_out(held_out)
        sources[name] = source
    return sources


def fault_if_streams(recipe: Recipe, given: Container[str], splits: Container[str]) -> None:
    """Raise `DataError` with every file of these splits that is a pipe or the like; what is `given` has none."""
    faults: dict[Fault, None] = {}
    for name, source in open_sources(recipe).items():
        for split in source.splits if name not in given else ():
            if split in splits:
                with suppress(DataError):  # what is not there is told when it is read
                    faults |= dict.fromkeys(filter(None, map(fault_of_stream, source.files(split, recipe.data))))
    if faults:
        raise DataError(*faults)


def _held_out(recipe: Recipe, name: str, found: HeldOut) -> HeldOut:
    """Return how a source's train file is divided, as the recipe says."""
    ranking = next((t for t in recipe.tasks.values() if t.source == name and t.task.units == "pairs"), None)
    query = next(iter(ranking.inputs.values())).column if ranking is not None else None
    config = recipe.sources[name]
    found = replace(found, group_by=config.group_by, query=query, stratify_by=config.stratify_by)
    return found if config.share_seed is None else replace(found, seed=config.share_seed)


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
