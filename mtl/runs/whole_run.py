"""A recipe from its data to verified graphs, in one call."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..base.launched import here
from .given_recipe import RecipeLike
from .read_data import GivenRows
from .runner import Run


def run(
    recipe: RecipeLike,
    out: str | Path | None = None,
    *,
    data: str | Path | None = None,
    resume: bool = False,
    seed: int | None = None,
    overrides: Sequence[str] = (),
    sources: GivenRows | None = None,
) -> Run:
    """Check, train, test, export and verify a recipe; return the run.

    `recipe` is a file, the values that one would hold, or a loaded recipe. `out` is the run folder (without it: a new
    one, `runs/NAME/N`), `data` what relative paths of sources start from,
    `overrides` are `a.b.c=value` settings, and `sources` gives rows from memory: source -> split -> iterable of dicts.
    """
    processes = here()
    with processes.reporting():
        started = Run.start(recipe, out, data=data, resume=resume, seed=seed, overrides=overrides, sources=sources)
        for _ in started.train():
            pass
        processes.from_first(started.finish)
    return started
