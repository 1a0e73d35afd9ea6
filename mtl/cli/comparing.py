"""`mtl compare`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    from ..runs.comparing.comparison import RecipeComparison
    from ..runs.comparing.contestants import contestants
    from ..runs.comparing.page import check_report, write_report

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
    for made in tables_of(result):
        print_table(console, made)
        line(console, "")
    line(console, f"{out / 'compare.json'}: written")
    for report in reports:
        write_report(result, report)
        line(console, f"{report}: written")


def tables_of(result: Mapping[str, Any]) -> Iterator[Table]:
    """Yield the tables: mean ± spread of every figure, differences with their verdicts, what was trained on."""
    from ..runs.comparing.rows import difference_rows, rows, trained_rows

    names = [run["name"] for run in result["runs"]]
    figures = table("task", "figure", *names)
    for task, name, cells in rows(result):
        figures.add_row(task, name, *cells)
    yield figures
    for difference in result["differences"]:
        name = difference["name"]
        apart = table("task", "figure", f"{name} − {difference['minus']}", "95 % interval", f"{name} is")
        for row in difference_rows(difference):
            apart.add_row(*row)
        yield apart
    trained = table("trained on", "source", *names)
    for counts in trained_rows(result):
        trained.add_row(*counts)
    yield trained
