"""What a run's reports say of its tasks: each label, what is taken for what, and rows that are answered wrongly."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..base.errors import MtlError, UsageError, listing
from ..base.files import read_json
from ..base.folders import fault_if_other, kind_of
from .table_notes import is_of, renamed

ERRORS = "errors"  # folder of a run: tables of wrong answers
ROW = ("precision", "recall", "f1", "support")


@dataclass(frozen=True)
class TaskReport:
    """What is known of a task on a split.

    `labels` are rows of precision, recall, F1 and support by label, the lowest F1 first (of equal ones, the label with
    more support). `confusions` are (gold, answer, times, times that gold occurs), the most frequent first. `mistakes`
    are the rows of the table that `mtl errors` has written, by column; None where there is no table of this model.
    Where labels were `renamed_since`, the test has others of their names than answers have now; no table goes with it.
    """

    task: str
    figures: Mapping[str, float]
    labels: tuple[tuple[str, Mapping[str, float]], ...]
    confusions: tuple[tuple[str, str, int, int], ...]
    mistakes: tuple[Mapping[str, str], ...] | None
    renamed_since: bool = False


def task_reports(run: Path, split: str | None = None) -> tuple[str, dict[str, TaskReport]]:
    """Return the split and its reports by task: that of test, or of dev where test was not measured.

    Reads `metrics.json` and `reports.json` alone, no model and no data. Raises `UsageError` for a folder without them,
    and for a split that was not measured.
    """
    if not (run / "metrics.json").is_file():
        fault_if_other([run], "run", "ensemble")
        raise UsageError(
            f"{run}: should be a run that was tested, with a file 'metrics.json'. There is none. "
            f"`mtl test {run}{_option(run)}` writes it."
        )
    metrics = read_json(run / "metrics.json")
    reports = read_json(run / "reports.json") if (run / "reports.json").is_file() else {}
    chosen = split or next((name for name in ("test", "dev") if name in metrics), "test")
    if not metrics:
        raise UsageError(
            f"{run}: should be a run that was measured. Its data had neither a dev nor a test split. "
            f"Name data that has one: `mtl test {run} --data FOLDER`."
        )
    if chosen not in metrics:
        raise UsageError(
            f"--split should be one that was measured: {listing(metrics)}. Found '{chosen}'. "
            f"`mtl test {run} --split {chosen}` measures it."
        )
    found = {
        task: _report(run, chosen, task, figures, reports.get(chosen, {}).get(task, {}))
        for task, figures in metrics[chosen].items()
    }
    return chosen, found


def _option(run: Path) -> str:
    """Return the option with which a run without a test split is measured; none where that is not known."""
    from ..compile.loading import load_recipe
    from ..sources.opening import open_sources

    if kind_of(run) != "run":
        return ""
    try:
        recipe = load_recipe(run / "recipe.yaml")
    except MtlError:  # the test says what is wrong with it
        return ""
    there = {split for source in open_sources(recipe).values() for split in source.splits}
    return " --split dev" if "dev" in there and "test" not in there else ""


def _report(run: Path, split: str, task: str, figures: Mapping[str, float], report: Mapping[str, Any]) -> TaskReport:
    rows = [
        item
        for value in report.values()
        if isinstance(value, dict)
        for item in value.items()
        if isinstance(item[1], dict) and item[1].keys() >= set(ROW)
    ]
    rows.sort(key=lambda item: (item[1]["f1"], -item[1]["support"], item[0]))
    since = report.get("renamed", {}) != renamed(run).get(task, {})
    mistakes = None if since else _mistakes(run, task, split)
    return TaskReport(task, figures, tuple(rows), _confusions(report), mistakes, since)


def _confusions(report: Mapping[str, Any]) -> tuple[tuple[str, str, int, int], ...]:
    matrix = report.get("confusion")
    if not isinstance(matrix, dict):
        return ()
    names = matrix["labels"]
    found = [
        (gold, answer, count, sum(counts))
        for gold, counts in zip(names, matrix["counts"], strict=True)
        for answer, count in zip(names, counts, strict=True)
        if gold != answer and count
    ]
    return tuple(sorted(found, key=lambda row: (-row[2], row[:2])))


def _mistakes(run: Path, task: str, split: str) -> tuple[Mapping[str, str], ...] | None:
    """Return the rows of the table of wrong answers where it is of what the run is now, on its own data."""
    file = run / ERRORS / f"{task}.{split}.tsv"
    if not is_of(run, file):
        return None
    with file.open(encoding="utf-8", errors="surrogatepass", newline="") as stream:
        return tuple(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
