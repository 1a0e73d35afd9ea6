"""`mtl run` and `mtl train`."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from ..base.errors import DataError, RecipeError, counted
from ..base.visible import visible
from .checking import summary, tell_settings, warn
from .progress import line, show_progress, stage
from .tables import print_table, reading, results
from .together import launched, together

if TYPE_CHECKING:
    from ..runs.runner import Run


@dataclass(frozen=True)
class TrainingRequest:
    """What a command was asked for."""

    command: str
    recipe: Path
    out: Path | None
    resume: bool
    seed: int | None
    data: Path | None
    overrides: tuple[str, ...]
    verify: str = "full"

    def to_resume(self, folder: Path) -> str:
        """Return the command that continues the run in a folder, as a shell reads it."""
        options = ["--resume", "--out", str(folder)]
        options += ["--seed", str(self.seed)] if self.seed is not None else []
        options += ["--data", str(self.data)] if self.data is not None else []
        options += [part for setting in self.overrides for part in ("--set", setting)]
        options += ["--verify", self.verify] if self.verify != "full" else []
        return shlex.join([*launched(os.environ), self.command, str(self.recipe), *options])


def train_command(
    recipe: Path, *, out: Path | None, resume: bool, seed: int | None, data: Path | None, overrides: tuple[str, ...]
) -> None:
    """Check and train; say where the run is."""
    console = Console()
    asked = TrainingRequest("train", recipe, out, resume, seed, data, overrides)
    with together() as processes, started(asked, console) as run:
        train(run, console)
        processes.end()
    there = {split for _, split in run.prepared.splits}
    option = "" if "test" in there else " --split dev"
    measures = f"`mtl test {run.out}{option}` measures it, " if there & {"test", "dev"} else ""
    line(console, f"{run.out}: trained. {measures}`mtl export {run.out}` writes its graphs.")


def run_command(
    recipe: Path,
    *,
    out: Path | None,
    resume: bool,
    seed: int | None,
    data: Path | None,
    overrides: tuple[str, ...],
    verify: str = "full",
) -> None:
    """Check, train, test, export, verify; end with one table."""
    from ..export.pairs import check_how

    check_how(verify, "--verify")
    console = Console()
    asked = TrainingRequest("run", recipe, out, resume, seed, data, overrides, verify)
    with together() as processes, started(asked, console) as run:
        train(run, console)
        processes.end()
        if not processes.first:
            return
        complete(run, console, verify)
    show_results(run, console)


def complete(run: Run, console: Console, verify: str = "full") -> None:
    """Test, export and verify a run, where that is not done yet."""
    if not run.complete:
        line(console, "testing")
        run.test()
        line(console, "tested; exporting and verifying" if verify != "none" else "tested; exporting")
        run.export(report=lambda begun: line(console, stage(begun)), verify=verify)


def show_results(run: Run, console: Console) -> None:
    """Print the one table at the end of a run."""
    manifest, folder = run.manifest, run.out / "export"
    files = {name: facts["bytes"] for name, facts in manifest["files"].items()}
    print_table(console, results(run.metrics, run.reports, folder, files, manifest["verified"], manifest))
    if not run.metrics:
        line(console, "nothing was measured, as there is neither a dev nor a test split")


@contextmanager
def started(asked: TrainingRequest, console: Console) -> Iterator[Run]:
    """Check the recipe, make the run folder and read the data, saying so; an interrupt from there on says what next."""
    from ..runs.runner import Run

    run = Run.start(
        asked.recipe, asked.out, data=asked.data, resume=asked.resume, seed=asked.seed, overrides=asked.overrides
    )
    with reading_shown(run, asked.to_resume(run.out), console):
        yield run


def does_what(run: Path) -> str:
    """Say what the command does that resumes a run: before its first checkpoint there is nothing to go on from."""
    from ..train.checkpoint import Checkpoints

    if Checkpoints(run).pointer():
        return "continues this run."
    return "begins this run again: it has no checkpoint yet."


@contextmanager
def reading_shown(run: Run, again: str, console: Console) -> Iterator[None]:
    """Read the data, saying what is read; an interrupt from there on says which command goes on."""
    try:
        if run.checked is not None:
            tell_settings(run.recipe)
            warn(run.checked.warnings)
            line(console, summary(run.checked))
        line(console, f"run folder: {run.out}")
        try:
            prepared = run.prepared
        except DataError as error:  # as `mtl check` says it: with a count
            raise RecipeError([], run.recipe.title, error.faults) from error
        warn([*prepared.skipped, *prepared.notes])
        for text in reading(prepared.report()):
            line(console, text)
        yield
    except KeyboardInterrupt:
        print(visible(f"`{again}` {does_what(run.out)}"), file=sys.stderr)
        raise


def train(run: Run, console: Console) -> None:
    """Train, showing progress."""
    from ..train.gradient_summary import gradient_lines, looks

    begin = time.perf_counter()
    steps = show_progress(run.train(), console)
    seconds = time.perf_counter() - begin
    line(
        console,
        f"trained: {counted(steps, 'step')} in {seconds:.1f} s" if steps else "nothing to train: the run is finished",
    )
    for text in gradient_lines(looks(run.out / "log.jsonl")):
        line(console, text)
