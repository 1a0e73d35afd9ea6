"""The figures of a run in its folder: `metrics.json`, and `reports.json` for what is too long for a figure.

A task's reports say under `renamed` which labels they have another name for than training had.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..base.files import read_json, replace
from ..evaluate.evaluation import Evaluation
from .table_notes import renamed


def keep_figures(
    run: Path, evaluations: Sequence[Evaluation], of_run: Callable[[Evaluation], bool] = lambda _: True
) -> dict[str, Any]:
    """Write evaluations `of_run` into both files, in the place of earlier ones of the same split; return all figures.

    Without any evaluation, files without figures say that the run was tested, and had no rows to be measured on.
    """
    metrics = kept(run / "metrics.json")
    reports = kept(run / "reports.json")
    own, found = [evaluation for evaluation in evaluations if of_run(evaluation)], renamed(run)
    for evaluation in own:
        metrics[evaluation.split] = evaluation.metrics
        names = {task: {"renamed": found[task]} for task in evaluation.metrics if task in found}
        reports[evaluation.split] = {
            task: {**evaluation.reports.get(task, {}), **names.get(task, {})} for task in [*evaluation.reports, *names]
        }
    for name, content in {"reports.json": reports, "metrics.json": metrics}.items() if own or not evaluations else ():
        replace(run / name, (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode())
    return {**metrics, **{evaluation.split: evaluation.metrics for evaluation in evaluations}}


def kept(file: Path) -> dict[str, Any]:
    """Return what a file of figures holds by split; nothing where there is none."""
    found: dict[str, Any] = read_json(file) if file.exists() else {}
    return found
