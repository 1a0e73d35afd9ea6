"""`mtl test` and `mtl export`: what is done with a run that was trained."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from ..base.collector import collector_paused
from ..base.errors import UsageError, near_miss
from ..base.folders import fault_if_other, kind_of
from ..recipe.names import chosen_task
from .checking import warn
from .half_trained import warn_if_unfinished
from .progress import line, stage
from .tables import eight_bit_table, metrics_table, print_table, results

if TYPE_CHECKING:
    from ..runs.ensembling.ensemble import Ensemble
    from ..runs.runner import Run

SPLITS = ("train", "dev", "test")


def test_command(folder: Path, *, split: str, data: Path | None, tasks: Sequence[str] = ()) -> None:
    """Measure a run, or an export, on a split and print its figures; those of a whole run are kept."""
    if split not in SPLITS:
        raise UsageError(f"--split should be train, dev or test. Found '{split}'.{near_miss(split, SPLITS)}")
    from ..runs.exported_run import ExportedRun
    from ..runs.finished import fault_if_without, open_finished

    found = open_finished(folder, data=data, splits=(split,))
    warn_if_unfinished(folder)
    for task in tasks:
        chosen_task(task, found.tasks, folder, called="--task")
    fault_if_without([found], split)
    evaluation = found.evaluate(split, tasks=tasks or None)
    warn([*found.warnings(split), *found.prepared.unseen(split)])
    if not tasks and not isinstance(found, ExportedRun):
        found.keep([evaluation])
    print_table(Console(), metrics_table(split, evaluation.metrics, evaluation.reports))


def opened(folder: Path, data: Path | None) -> Run | Ensemble:
    """Return the run, or the ensemble, of a folder; raises `UsageError` where it is neither."""
    with collector_paused():
        from ..runs.ensembling.ensemble import Ensemble
        from ..runs.runner import Run

    fault_if_other([folder], "run", "ensemble")
    return Ensemble.open(folder, data=data) if kind_of(folder) == "ensemble" else Run.open(folder, data=data)


def export_command(
    folder: Path,
    *,
    out: Path | None,
    data: Path | None,
    verify: str = "full",
    int8: bool = False,
    at_most: float | None = None,
) -> None:
    """Export a run, verify it, and print what was written; with `int8` its variant with weights of eight bits, too."""
    from ..export.pairs import check_how

    check_how(verify, "--verify")
    if at_most is not None and not int8:
        raise UsageError("--at-most should come with --int8, whose losses it bounds. Found it alone.")
    run = opened(folder, data)
    warn_if_unfinished(folder)
    console = Console()
    report = run.export(out, report=lambda begun: line(console, stage(begun)), verify=verify)
    warn(run.warnings(*report.verification.split.values()))
    print_table(console, results({}, {}, report.folder, report.files, report.verification.facts(), report.manifest))
    if int8:
        _eight_bits(report.folder, data, at_most, console)


def _eight_bits(export: Path, data: Path | None, at_most: float | None, console: Console) -> None:
    """Write the eight-bit variant of an export beside it, and print what it lost."""
    from ..runs.eight_bits import AT_MOST, SPLITS, export_eight_bits
    from ..runs.exported_run import ExportedRun

    found = export_eight_bits(
        ExportedRun.open(export, data=data, splits=SPLITS),
        export.with_name(f"{export.name}.int8"),
        at_most=AT_MOST if at_most is None else at_most,
        report=lambda begun: line(console, stage(begun)),
    )
    print_table(console, eight_bit_table(found.losses))
    print_table(console, results({}, {}, found.folder, found.files, {}, {**found.manifest, "joint": ()}))
