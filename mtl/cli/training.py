"""`mtl run` and `mtl train`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from .checking import summary, warn
from .progress import line, show
from .tables import reading, results
from .tables import show as show_table

if TYPE_CHECKING:
    from ..runner import Run


def train_command(
    recipe: Path, *, out: Path | None, resume: bool, seed: int | None, data: Path | None, overrides: tuple[str, ...]
) -> None:
    """Check and train; say where the run is."""
    console = Console()
    run = start(recipe, console, out=out, resume=resume, seed=seed, data=data, overrides=overrides)
    train(run, console)
    line(console, f"{run.out}: trained. `mtl test {run.out}` measures it, `mtl export {run.out}` writes its graphs.")


def run_command(
    recipe: Path, *, out: Path | None, resume: bool, seed: int | None, data: Path | None, overrides: tuple[str, ...]
) -> None:
    """Check, train, test, export, verify; end with one table."""
    console = Console()
    run = start(recipe, console, out=out, resume=resume, seed=seed, data=data, overrides=overrides)
    train(run, console)
    if not run.complete:
        run.test()
        line(console, "tested; exporting and verifying")
        run.export()
    manifest = run.manifest
    files = {name: facts["bytes"] for name, facts in manifest["files"].items()}
    show_table(console, results(run.metrics, run.reports, run.out / "export", files, manifest["verified"]))


def start(
    recipe: Path,
    console: Console,
    *,
    out: Path | None,
    resume: bool,
    seed: int | None,
    data: Path | None,
    overrides: tuple[str, ...],
) -> Run:
    """Check the recipe, make the run folder and read the data, saying so."""
    from ..runner import Run

    run = Run.start(recipe, out, data=data, resume=resume, seed=seed, overrides=overrides)
    if run.checked is not None:
        warn(run.checked.warnings)
        line(console, summary(run.checked))
    line(console, f"run folder: {run.out}")
    warn([*run.prepared.skipped, *run.prepared.notes])
    for text in reading(run.prepared.report()):
        line(console, text)
    return run


def train(run: Run, console: Console) -> None:
    """Train, showing progress."""
    begin = time.perf_counter()
    steps = show(run.train(), console)
    seconds = time.perf_counter() - begin
    line(console, f"trained: {steps} steps in {seconds:.1f} s" if steps else "nothing to train: the run is finished")
