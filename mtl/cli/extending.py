"""`mtl extend`."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from ..base.errors import counted, listing
from .progress import line, stage
from .tables import print_table, table
from .training import complete, reading_shown, show_results, train

if TYPE_CHECKING:
    from ..runs.extending.answers import Compared
    from ..runs.extending.differences import Difference
    from ..runs.extending.extended import Lost


def extend_command(
    run: Path,
    recipe: Path,
    *,
    out: Path | None,
    unfreeze: bool,
    resume: bool,
    seed: int | None,
    data: Path | None,
    overrides: tuple[str, ...],
    verify: str = "full",
) -> None:
    """Check, train the new tasks, test, export, verify; then compare what the run's own tasks answer."""
    from ..export.pairs import check_how
    from ..runs.extending.extended import Extended

    check_how(verify, "--verify")
    console = Console()
    found = Extended.start(
        run, recipe, out, resume=resume, unfreeze=unfreeze, data=data, seed=seed, overrides=overrides
    )
    options = ["--out", str(found.run.out), "--resume", *(["--unfreeze"] if unfreeze else [])]
    options += ["--seed", str(seed)] if seed is not None else []
    options += ["--data", str(data)] if data is not None else []
    options += [part for setting in overrides for part in ("--set", setting)]
    options += ["--verify", verify] if verify != "full" else []
    again = shlex.join(["mtl", "extend", str(run), str(recipe), *options])
    with reading_shown(found.run, again, console):
        train(found.run, console)
        complete(found.run, console, verify)
        line(console, f"comparing with the answers of {run}")
        compared = found.prove(report=lambda begun: line(console, stage(begun)), verify=verify)
    show_results(found.run, console)
    print_table(console, compared_table(compared))
    if found.not_compared:
        line(console, f"not compared, as their sources have neither test nor dev: {listing(found.not_compared)}")
    if unfreeze:
        print_table(console, lost_table(found.lost()))


def compared_table(compared: Sequence[Compared]) -> Table:
    """Return what the comparison found, a row for each split of a task."""
    made = table("task", "answers as before", "by torch", "by its graph")
    for one in compared:
        rows = f"{counted(one.rows, 'row')} of {one.split}"
        made.add_row(one.task, rows, _answered(one.eager), _answered(one.exported))
    return made


def _answered(found: Difference) -> str:
    return f"{counted(found.rows, 'row')} otherwise: {found.size}" if found.rows else "bit by bit"


def lost_table(lost: Sequence[Lost]) -> Table:
    """Return what each of the run's own tasks lost: its figures before and after."""
    made = table("task", "figure", "split", "before", "after", "change")
    for one in lost:
        made.add_row(
            one.task, one.figure, one.split, f"{one.before:.4f}", f"{one.after:.4f}", f"{one.after - one.before:+.4f}"
        )
    return made
