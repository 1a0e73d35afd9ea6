"""What training and export report, as it comes: training by a bar on a terminal, all else by plain lines."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from rich.console import Console

from ..base.errors import counted
from ..base.visible import visible
from .alike import Alike
from .running import Running

if TYPE_CHECKING:
    from rich.progress import Progress

    from ..base.progress import (
        EarlyStopReport,
        EvalReport,
        Note,
        Report,
        StageReport,
        StepReport,
        StopReport,
        StreamReport,
    )

    Happened = EvalReport | StopReport | EarlyStopReport | StreamReport

SECONDS_BETWEEN_LINES = 10.0  # of steps, where there is no terminal


def show_progress(reports: Iterable[Report], console: Console, clock: Callable[[], float] = time.perf_counter) -> int:
    """Show reports until training ends; return how many steps it took."""
    return _bar(reports, console) if console.is_terminal else _lines(reports, console, clock)


def _lines(reports: Iterable[Report], console: Console, clock: Callable[[], float]) -> int:
    from ..base.progress import GradientReport, Note, StepReport

    running, alike = Running(clock), Alike()
    last = clock()
    for report in reports:
        if isinstance(report, Note):
            note(console, report)
        elif isinstance(report, StepReport):
            running.add(report)
            if clock() - last >= SECONDS_BETWEEN_LINES:
                last = clock()
                line(console, f"{place(report)}  {running.losses()}  {running.rate()}  {running.left()}")
        elif not isinstance(report, GradientReport):
            last = clock()
            happened(console, report, alike)
    for text in alike.summary():
        line(console, text)
    return running.steps


def _bar(reports: Iterable[Report], console: Console) -> int:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from ..base.progress import GradientReport, Note, StepReport

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[figures]}"),
    )
    running, alike = Running(), Alike()
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("training", total=None, figures="")
        for report in reports:
            if isinstance(report, Note):
                note(progress.console, report)
            elif isinstance(report, StepReport):
                running.add(report)
                _advance(progress, bar, report, running)
            elif not isinstance(report, GradientReport):
                happened(progress.console, report, alike)
    for text in alike.summary():
        line(console, text)
    return running.steps


def _advance(progress: Progress, bar: object, report: StepReport, running: Running) -> None:
    figures = f"{running.losses()}  {running.rate()}"
    description = f"epoch {report.epoch}"
    progress.update(bar, total=report.steps, completed=report.step, description=description, figures=figures)  # type: ignore[arg-type]  # rich's own TaskID


def note(console: Console, report: Note, of: str = "") -> None:
    """Print a note: a warning on standard error, as all others are; `of` says which run's it is, where it is one."""
    text = f"{of}: {report}" if of else str(report)
    if report.warning:
        print(f"warning: {visible(text)}", file=sys.stderr)
    else:
        line(console, text)


def line(console: Console, text: str) -> None:
    """Print one line as it is, control characters written out: neither wrapped nor read as markup."""
    console.print(visible(text), markup=False, highlight=False, soft_wrap=True)


def happened(console: Console, report: Happened, alike: Alike) -> None:
    """Print one line about anything but a step, and one about each task that began to answer alike everywhere."""
    from ..base.progress import EvalReport

    line(console, event(report))
    for text in alike.lines(report) if isinstance(report, EvalReport) else ():
        line(console, text)


def place(report: StepReport | Happened) -> str:
    """Return how far training is."""
    return f"step {report.step}/{report.steps}, epoch {report.epoch}"


def event(report: Happened) -> str:
    """Return one line about anything but a step."""
    from ..base.progress import EvalReport

    return evaluation(report) if isinstance(report, EvalReport) else f"{place(report)}  {report.reason}"


def evaluation(report: EvalReport) -> str:
    """Return one line about an evaluation: the figures of every task that has two, the first of others, and the score.

    Of two, as of a language model, none goes without saying; more make no line.
    """
    parts = []
    for task, figures in report.metrics.items():
        shown = list(figures.items())[: 2 if len(figures) == 2 else 1]
        parts += [f"{task}.{name} {value:.4f}" for name, value in shown]
    best = " (best)" if report.best else ""
    return f"{place(report)}  {report.split} {' '.join(parts)}  score {report.score:.4f}{best}"


def stage(report: StageReport) -> str:
    """Return one line about a stage of an export that begins."""
    of = f" ({report.number} of {report.count})" if report.count > 1 else ""
    on = f" on {counted(report.rows, 'row')} of {report.split}" if report.split else ""
    return f"export: {report.stage} {', '.join(report.tasks)}{of}{on}"
