"""`mtl test` and `mtl export`: what is done with a run that was trained."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from ..base.errors import UsageError, near_miss
from ..base.folders import fault_if_other, kind_of
from ..recipe.names import chosen_task
from .checking import warn
from .half_trained import warn_if_unfinished
from .progress import line, stage
from .tables import metrics_table, print_table, results

if TYPE_CHECKING:
    from ..runs.ensembling.ensemble import Ensemble
    from ..runs.runner import Run

SPLITS = ("train", "dev", "test")


def test_command(folder: Path, *, split: str, data: Path | None, tasks: Sequence[str] = ()) -> None:
    """Measure a run, or an export, on a split and print its figures; those of a whole run are kept."""
    if split not in SPLITS:
        raise UsageError(f"--split should be train, dev or test. Found '{split}'.{near_miss(split, SPLITS)}")
    fault_if_other([folder], "run", "ensemble", "export")
    warn_if_unfinished(folder)
    exported = folder if kind_of(folder) == "export" else None
    run = opened(folder if exported is None else run_of(exported), data)
    for task in tasks:
        chosen_task(task, run.tasks, folder, called="--task")
    evaluation = run.evaluate(split, tasks=tasks or None, export=exported)
    warn([*run.warnings(split), *run.prepared.unseen(split)])
    if exported is None and not tasks:
        run.keep([evaluation])
    print_table(Console(), metrics_table(split, evaluation.metrics, evaluation.reports))


def opened(folder: Path, data: Path | None) -> Run | Ensemble:
    """Return the run, or the ensemble, of a folder; raises `UsageError` where it is neither."""
    from ..runs.ensembling.ensemble import Ensemble
    from ..runs.runner import Run

    fault_if_other([folder], "run", "ensemble")
    return Ensemble.open(folder, data=data) if kind_of(folder) == "ensemble" else Run.open(folder, data=data)


def run_of(export: Path) -> Path:
    """Return the folder of the run (or ensemble) that holds an export; raises `UsageError` where it is in none."""
    folder = export.resolve().parent
    if kind_of(folder) not in ("run", "ensemble"):
        raise UsageError(
            f"'{export}' should be in the folder of its run, whose recipe and data it is measured with. "
            f"Found no recipe.yaml in '{folder}'."
        )
    return folder


def export_command(folder: Path, *, out: Path | None, data: Path | None, verify: str = "full") -> None:
    """Export a run, verify it, and print what was written."""
    from ..export.pairs import check_how

    check_how(verify, "--verify")
    run = opened(folder, data)
    warn_if_unfinished(folder)
    console = Console()
    report = run.export(out, report=lambda begun: line(console, stage(begun)), verify=verify)
    warn(run.warnings(*report.verification.split.values()))
    print_table(console, results({}, {}, report.folder, report.files, report.verification.facts(), report.joint))
