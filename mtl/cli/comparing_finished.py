"""`mtl compare` of runs, ensembles and exports that are finished: what each answers to one split."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from ..base.errors import UsageError, counted, near_miss
from ..base.files import replace
from .checking import warn
from .finished import SPLITS
from .half_trained import warn_if_unfinished
from .progress import line
from .tables import print_table, table

if TYPE_CHECKING:
    from ..runs.comparing.finished_runs import FinishedComparison


def compare_finished_command(
    folders: Sequence[Path],
    *,
    split: str | None,
    out: Path | None,
    data: Path | None,
    of_recipes: Mapping[str, Any],
) -> None:
    """Measure all folders on a split and print them side by side; with `out`, write `compare.json` there.

    `of_recipes` are the options for recipes by name, which say nothing of what is trained already.
    """
    if given := [
        option for option, value in of_recipes.items() if not (value is None or value is False or value == [])
    ]:
        raise UsageError(
            f"{', '.join(given)} should come with recipes, which are trained to be compared. Found folders."
        )
    split = split or "test"
    if split not in SPLITS:
        raise UsageError(f"--split should be train, dev or test. Found '{split}'.{near_miss(split, SPLITS)}")
    from ..runs.comparing.finished_runs import compare_finished

    found = compare_finished(folders, split=split, data=data)
    for folder in folders:
        warn_if_unfinished(folder)
    warn(found.warnings)
    console = Console()
    print_table(console, figures_table(found))
    for made in rows_tables(found):
        line(console, "")
        print_table(console, made)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        replace(out / "compare.json", (json.dumps(found.facts(), indent=2, ensure_ascii=False) + "\n").encode())
        line(console, f"{out / 'compare.json'}: written")


def figures_table(found: FinishedComparison) -> Table:
    """Return the figures of each folder."""
    made = table("task", f"figure on {found.split}", *map(str, found.folders))
    for task, figures in found.measured[0].metrics.items():
        for name in figures:
            values = (one.metrics.get(task, {}).get(name) for one in found.measured)
            made.add_row(task, name, *("" if value is None else f"{value:.4f}" for value in values))
    return made


def rows_tables(found: FinishedComparison) -> Iterator[Table]:
    """Yield a table for each folder but the first: rows that are answered otherwise, and what is right.

    Of a ranking it counts queries, by the document that is ranked first.
    """
    first, *others = map(str, found.folders)
    for name, apart in zip(others, found.apart, strict=True):
        made = table("task", "rows", "answered otherwise", f"right in {name} alone", f"in {first} alone", "p", "is")
        for task, one in apart.items():
            rows = counted(one.rows, "query", "queries") if one.units == "queries" else f"{one.rows:,}"
            counts = (one.otherwise, one.right_here, one.right_there)
            made.add_row(task, rows, *(f"{count:,}" for count in counts), f"{one.p:.4f}", one.verdict)
        if apart:
            yield made
