"""`mtl errors`: rows that are answered wrongly, the most certain first, and what is taken for what; numbers far off."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from ..base.errors import UsageError, counted, near_miss
from ..recipe.names import chosen_task
from .checking import warn
from .finished import SPLITS
from .half_trained import warn_if_unfinished
from .progress import line
from .tables import print_table, table

if TYPE_CHECKING:
    from ..runs.far_numbers import FarNumbers
    from ..runs.worst_queries import WorstQueries
    from ..runs.wrong_answers import WrongAnswers

LONGEST = 80  # characters of a text that are shown
CONFUSIONS = 10  # that are shown


def errors_command(
    folder: Path, *, task: str | None, split: str | None, top: int, data: Path | None, out: Path | None = None
) -> None:
    """Print the wrong rows of a task that were most certain, its confusions and disagreements; write all rows.

    They go into the folder of a run or an ensemble; those of an export, which stays as it is, queries of a ranking and
    rows of a regression only where `out` names a file.
    """
    if split is not None and split not in SPLITS:
        raise UsageError(f"--split should be train, dev or test. Found '{split}'.{near_miss(split, SPLITS)}")
    from ..runs.exported_run import ExportedRun
    from ..runs.far_numbers import far_numbers, predicts_numbers
    from ..runs.finished import open_finished
    from ..runs.worst_queries import worst_queries
    from ..runs.wrong_answers import wrong_answers

    run = open_finished(folder, data=data)
    warn_if_unfinished(folder)
    task = chosen_task(task, run.tasks, run.out, called="--task")
    console = Console()
    kind = run.graph.recipe.tasks[task].task
    if kind.units == "pairs":
        worst = worst_queries(run, task, split)
        warn(run.warnings(worst.split))
        print_worst(worst, top, console)
        _written(worst, counted(len(worst.rows), "query", "queries"), out, console)
        return
    if predicts_numbers(kind):
        numbers = far_numbers(run, task, split)
        warn(run.warnings(numbers.split))
        print_farthest(numbers, top, console)
        _written(numbers, counted(len(numbers.rows), "row"), out, console)
        return
    found = wrong_answers(run, task, split)
    warn(run.warnings(found.split))
    print_mistakes(found, top, console)
    rows = counted(len(found.rows), "row")
    if out is None and not isinstance(run, ExportedRun):
        line(console, f"{found.write(run.out)}: {rows}")
    else:
        _written(found, rows, out, console)


def _written(found: WrongAnswers | WorstQueries | FarNumbers, rows: str, out: Path | None, console: Console) -> None:
    if out is None:
        line(console, f"{rows}; --out FILE writes them as a table")
    else:
        found.write_table(out)
        line(console, f"{out}: {rows}")


def print_worst(found: WorstQueries, top: int, console: Console) -> None:
    """Print the queries of a ranking whose first relevant document is ranked lowest, as many as asked."""
    queries = counted(found.queries, "query", "queries")
    wrong = f"{len(found.rows):,} of {queries} of {found.split} with a document first that is not relevant"
    line(console, f"{found.task}: {wrong}")
    if found.rows:
        rows = table("first relevant", "query", "ranked first", "relevant")
        for row in found.rows[:top]:
            place = f"{row.rank:,} of {row.documents:,}"
            rows.add_row(place, *map(_short, (row.query, row.first, row.relevant)))
        line(console, "")
        print_table(console, rows)
    if found.rows:
        line(console, "")


def print_farthest(found: FarNumbers, top: int, console: Console) -> None:
    """Print the rows whose number is farthest off, as many as asked."""
    from ..runs.table_cells import in_cell

    rows = f"{counted(len(found.rows), 'row')} of {found.split}"
    if not found.rows:
        line(console, f"{found.task}: {rows} with a number")
        return
    line(console, f"{found.task}: {rows}, the farthest off first")
    farthest = table("row", "gold", "answer", *found.inputs, "off")
    for row in found.rows[:top]:
        texts = [_short(in_cell(text)) for text in row.texts.values()]
        farthest.add_row(str(row.number), f"{row.gold:g}", f"{row.answer:.4g}", *texts, f"{row.off:+.4g}")
    line(console, "")
    print_table(console, farthest)
    line(console, "")


def print_mistakes(found: WrongAnswers, top: int, console: Console) -> None:
    """Print what was found: as many rows as asked, and the most frequent confusions."""
    from ..runs.table_cells import in_cell

    wrong = f"{len(found.rows):,} of {counted(found.labelled, 'row')} of {found.split} answered wrongly"
    line(console, f"{found.task}: {wrong}")
    if found.rows:
        rows = table("row", "gold", "answer", *found.inputs, "certainty")
        for row in found.rows[:top]:
            texts = [_short(in_cell(text)) for text in row.texts.values()]
            certainty = "" if row.certainty is None else f"{row.certainty:.4f}"
            rows.add_row(str(row.number), _short(in_cell(row.gold)), _short(in_cell(row.answer)), *texts, certainty)
        line(console, "")
        print_table(console, rows)
    if found.confusions:
        counts = table("gold", "answer", "times")
        for (gold, answer), count in found.confusions[:CONFUSIONS]:
            counts.add_row(gold, answer, f"{count:,}")
        line(console, "")
        print_table(console, counts)
    if found.disagreements:
        line(console, "")
        line(
            console, f"{counted(len(found.disagreements), 'row')} with the text of a row of train and other gold there:"
        )
        rows = table("gold", *found.inputs, "gold in train", "row")
        for other in found.disagreements[:top]:
            texts = [_short(in_cell(text)) for text in other.texts.values()]
            there = ", ".join(map(in_cell, other.in_train))
            rows.add_row(_short(in_cell(other.gold)), *texts, _short(there), str(other.number))
        print_table(console, rows)
    if found.rows or found.disagreements:
        line(console, "")


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
