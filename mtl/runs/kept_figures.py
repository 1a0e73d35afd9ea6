"""The figures of a run in its folder: `metrics.json`, and `reports.json` for what is too long for a figure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..base.files import read_json, replace
from ..evaluate.evaluation import Evaluation


def keep_figures(run: Path, evaluations: Iterable[Evaluation]) -> dict[str, Any]:
    """Write evaluations into both files, in the place of earlier ones of the same split; return all that is kept."""
    metrics = kept(run / "metrics.json")
    reports = kept(run / "reports.json")
    own = list(evaluations)
    for evaluation in own:
        metrics[evaluation.split] = evaluation.metrics
        reports[evaluation.split] = evaluation.reports
    for name, content in {"reports.json": reports, "metrics.json": metrics}.items() if own else ():
        replace(run / name, (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode())
    return metrics


def kept(file: Path) -> dict[str, Any]:
    """Return what a file of figures holds by split; nothing where there is none."""
    found: dict[str, Any] = read_json(file) if file.exists() else {}
    return found
