"""`mtl compare`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from .progress import line, show_progress
from .tables import print_table, table


def compare_command(
    recipes: tuple[Path, ...],
    *,
    seeds: int,
    out: Path,
    data: Path | None,
    variants: tuple[str, ...],
    single: bool,
    overrides: tuple[str, ...],
) -> None:
    """Train what is not trained yet, then print and write what came out."""
    from ..runs.comparison import RecipeComparison, contestants

    console = Console()
    found = contestants(recipes, variants=variants, single=single, data=data, overrides=overrides)
    comparison = RecipeComparison(found, seeds, out)
    trials = [(trial, trial.done) for trial in comparison.trials()]  # a folder of another recipe is reported at once
    for trial, done in trials:
        line(console, f"run {trial.number}/{trial.total}: {trial.folder}{' is done' if done else ''}")
        if not done:
            show_progress(trial.run(), console)
    print_table(console, comparison_table(comparison.result()))
    line(console, f"{out / 'compare.json'}: written")


def comparison_table(result: Mapping[str, Any]) -> Table:
    """Return the table: a row for each test figure, mean ± spread of each contestant, differences to the first."""
    from ..runs.comparison import rows

    names = [part["name"] for part in result["runs"]]
    apart = [f"{part['name']} − {part['minus']}" for part in result["differences"]]
    made = table("task", "figure", *names, *apart)
    for task, name, cells in rows(result):
        made.add_row(task, name, *cells)
    return made
