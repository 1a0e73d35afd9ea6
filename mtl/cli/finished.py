"""`mtl test` and `mtl export`: what is done with a run that was trained."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from ..base.errors import UsageError, near_miss
from .checking import warn
from .progress import line, stage
from .tables import metrics_table, results, show

SPLITS = ("train", "dev", "test")


def test_command(folder: Path, *, split: str, data: Path | None) -> None:
    """Measure a run on a split and print its figures."""
    if split not in SPLITS:
        raise UsageError(f"--split should be train, dev or test. Found '{split}'.{near_miss(split, SPLITS)}")
    from ..runs.runner import Run

    run = Run.open(folder, data=data)
    evaluation = run.evaluate(split)
    warn(run.warnings(split))
    run.keep([evaluation])
    show(Console(), metrics_table(split, evaluation.metrics, evaluation.reports))


def export_command(folder: Path, *, out: Path | None, data: Path | None) -> None:
    """Export a run, verify it, and print what was written."""
    from ..runs.runner import Run

    run = Run.open(folder, data=data)
    console = Console()
    report = run.export(out, report=lambda begun: line(console, stage(begun)))
    warn(run.warnings(*report.verification.split.values()))
    show(console, results({}, {}, report.folder, report.files, report.verification.facts()))
