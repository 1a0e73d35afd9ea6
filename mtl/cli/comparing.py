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
    match: str | None,
    overrides: tuple[str, ...],
    reports: tuple[Path, ...],
) -> None:
    """Train what is not trained yet, then print and write what came out."""
    from ..runs.comparison import RecipeComparison
    from ..runs.comparison_page import check_report, write_report
    from ..runs.contestants import contestants

    console = Console()
    for report in reports:
        check_report(report)
    found = contestants(recipes, variants=variants, single=single, match=match, data=data, overrides=overrides)
    comparison = RecipeComparison(found, seeds, out)
    trials = [(trial, trial.done) for trial in comparison.trials()]  # a folder of another recipe is reported at once
    for trial, done in trials:
        line(console, f"run {trial.number}/{trial.total}: {trial.folder}{' is done' if done else ''}")
        if not done:
            show_progress(trial.run(), console)
    result = comparison.result()
    print_table(console, comparison_table(result))
    line(console, "")
    print_table(console, trained_table(result))
    line(console, f"{out / 'compare.json'}: written")
    for report in reports:
        write_report(result, report)
        line(console, f"{report}: written")


def comparison_table(result: Mapping[str, Any]) -> Table:
    """Return the table of figures: a row for each, mean ± spread of each contestant, then differences and verdicts."""
    from ..runs.comparison_rows import rows

    names = [part["name"] for part in result["runs"]]
    apart = [f"{part['name']} − {part['minus']}" for part in result["differences"]]
    made = table("task", "figure", *names, *apart)
    for task, name, cells in rows(result):
        made.add_row(task, name, *cells)
    return made


def trained_table(result: Mapping[str, Any]) -> Table:
    """Return the table of what was trained on: a row for each task, steps and rows of each contestant."""
    from ..runs.comparison_rows import trained_rows

    made = table("trained on", "source", *(part["name"] for part in result["runs"]))
    for row in trained_rows(result):
        made.add_row(*row)
    return made
