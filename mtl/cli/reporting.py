"""`mtl report`: each label, the worst confusions and mistakes of a run that was tested."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from ..base.errors import counted
from ..recipe.names import chosen_task
from .half_trained import warn_if_unfinished
from .progress import line
from .tables import figures_of, print_table, table

if TYPE_CHECKING:
    from ..runs.reported import TaskReport

LONGEST = 60  # characters of a cell that are shown
COLUMNS = ("row", "gold", "answer", "certainty")  # of a mistake, before its texts


def report_command(folder: Path, *, tasks: Sequence[str], split: str | None, top: int) -> None:
    """Print what is known of a run's tasks, `top` rows of each table."""
    from ..runs.reported import task_reports

    chosen, reports = task_reports(folder, split)
    warn_if_unfinished(folder)
    for task in tasks:
        chosen_task(task, reports, folder, called="--task")
    console = Console()
    for number, task in enumerate(tasks or reports):
        if number:
            line(console, "")
        print_report(folder, chosen, reports[task], top, console)


def print_report(folder: Path, split: str, report: TaskReport, top: int, console: Console) -> None:
    """Print the tables of one task."""
    figures = table("task", "figure", split)
    for row in figures_of({report.task: report.figures}, {}):
        figures.add_row(*row)
    print_table(console, figures)
    if report.labels:
        labels = table("label", "precision", "recall", "F1", "times")
        for name, found in report.labels[:top]:
            labels.add_row(
                _short(name), *(f"{found[key]:.4f}" for key in ("precision", "recall", "f1")), f"{found['support']:,}"
            )
        _headed(console, f"{report.task}: {_of(len(report.labels), top, 'label')}, the lowest F1 first")
        print_table(console, labels)
    if report.confusions:
        counts = table("gold", "answer", "times", "of")
        for gold, answer, times, of in report.confusions[:top]:
            counts.add_row(_short(gold), _short(answer), f"{times:,}", f"{of:,}")
        _headed(console, f"{report.task}: {_of(len(report.confusions), top, 'confusion')}, the most frequent first")
        print_table(console, counts)
    if report.renamed_since:
        again = f"`mtl test {folder} --split {split}` gives them the names that they have now"
        _headed(console, f"{report.task}: labels were renamed since the test; {again}")
    elif report.mistakes:
        first = report.mistakes[0]
        texts = [column for column in first if column not in (*COLUMNS, "file", "line")]
        rows = table(*COLUMNS[:3], *texts, COLUMNS[3])
        for mistake in report.mistakes[:top]:
            rows.add_row(*(_short(mistake[column]) for column in (*COLUMNS[:3], *texts, COLUMNS[3])))
        _headed(
            console, f"{report.task}: {_of(len(report.mistakes), top, 'row')} answered wrongly, the most certain first"
        )
        print_table(console, rows)
    elif report.mistakes is None and (report.labels or report.confusions):
        _headed(
            console,
            f"`mtl errors {folder} --task {report.task} --split {split}` shows the rows that are answered wrongly",
        )


def _headed(console: Console, text: str) -> None:
    line(console, "")
    line(console, text)


def _of(count: int, top: int, noun: str) -> str:
    return counted(count, noun) if count <= top else f"{top:,} of {counted(count, noun)}"


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
