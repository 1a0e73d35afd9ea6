"""The eight-bit variant of an export, kept where its figures are about those of the export."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ..base.errors import ExportError, Fault
from ..base.files import read_json, sync_tree
from ..base.progress import StageReport
from ..evaluate.evaluation import evaluate, figures_on
from ..evaluate.selection import selecting
from ..export.eight_bits.variant import write_variant
from ..export.export import check_place
from ..export.manifest import MANIFEST, files_in, write_variant_manifest
from ..export.scratch import clear, scratch_folder
from ..export.swap import publish
from ..serve.bundle import Bundle
from .exported_run import ExportedRun

AT_MOST = 0.5  # points
VARIANT = "int8"  # of a manifest: what the variant is called there
SPLITS = ("dev", "test")


class Loss(NamedTuple):
    """A figure that checkpoints are selected by, of the export and of its variant, and the points lost.

    Points are hundredths of a share; of a figure of which less is better, percent of the export's.
    """

    split: str
    figure: str
    before: float
    after: float
    points: float

    @property
    def lost(self) -> str:
        """The points, and from what to what the figure goes."""
        return f"{self.points:.2f}, from {self.before:.4f} to {self.after:.4f}"

    @classmethod
    def of(cls, split: str, figure: str, before: float, after: float, more_is_better: bool) -> Loss:
        """Return what a figure has lost.

        >>> Loss.of("dev", "intent.accuracy", 0.98, 0.97, True).points
        1.0
        >>> Loss.of("dev", "lm.perplexity", 50, 51, False).points
        2.0
        >>> Loss.of("dev", "price.mae", 0.0, 0.0, False).points, Loss.of("dev", "price.mae", 0.0, 1.0, False).points
        (0.0, inf)
        """
        worse = before - after if more_is_better else after - before
        if not more_is_better and worse:
            worse = worse / before if before else math.inf
        return cls(split, figure, before, after, round(100 * worse, 6))


@dataclass(frozen=True)
class EightBitReport:
    """What was written: `files` in bytes by name, and what each selected figure lost on dev and test.

    `manifest` is what the variant's says.
    """

    folder: Path
    files: Mapping[str, int]
    manifest: Mapping[str, Any]
    losses: tuple[Loss, ...]


def export_eight_bits(
    export: ExportedRun,
    out: str | Path,
    *,
    at_most: float = AT_MOST,
    report: Callable[[StageReport], None] = lambda _: None,
) -> EightBitReport:
    """Write an export's variant with weights of eight bits to `out`, measured on dev and test.

    `out` should be new, empty or an earlier export, which is replaced. Raises `ExportError` where a selected figure
    loses more than `at_most` points, or where there is none to measure; what was in `out` is then as it was.
    """
    out = Path(out)
    check_place(out)
    place = out.resolve()
    tasks = export.tasks
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        clear(place)
        with scratch_folder(place) as unfinished:
            report(StageReport("writing", tasks))
            write_variant(export.out, unfinished)
            write_variant_manifest(unfinished, export.out, VARIANT, {}, {})
            report(StageReport("measuring", tasks))
            losses, metrics = _measured(export, unfinished)
            _fault_if_lost(out, losses, at_most)
            facts = {"at_most": at_most, "figures": [loss._asdict() for loss in losses]}
            write_variant_manifest(unfinished, export.out, VARIANT, facts, metrics)
            sync_tree(unfinished)
            publish(unfinished, place)
    except OSError as error:
        raise ExportError(
            f"{out}: the variant could not be written: {error.strerror or error}. An earlier export is unharmed."
        ) from error
    sizes = {name: (place / name).stat().st_size for name in files_in(place)}
    return EightBitReport(out, sizes, read_json(place / MANIFEST), tuple(losses))


def _measured(export: ExportedRun, variant: Path) -> tuple[list[Loss], dict[str, Any]]:
    """Return what the selected figures lose on dev and test, and all of the variant's figures by split and task."""
    losses: list[Loss] = []
    metrics: dict[str, Any] = {}
    graph, prepared, bundle = export.graph, export.prepared, Bundle(variant)
    for split in SPLITS:
        if not any(name == split for _, name in prepared.splits):
            continue
        figures, first = figures_on(graph, prepared, split)
        declared = {name: weight for name, weight in graph.recipe.train.select.items() if name in figures}
        before = export.evaluate(split).metrics
        metrics[split] = after = evaluate(bundle, graph, prepared, split).metrics
        for name, weight in selecting(declared, figures, first).items():
            task, figure = name.rsplit(".", 1)
            if weight and figure in after.get(task, {}):
                losses.append(Loss.of(split, name, before[task][figure], after[task][figure], weight > 0))
    return losses, metrics


def _fault_if_lost(out: Path, losses: Sequence[Loss], at_most: float) -> None:
    if not losses:
        raise ExportError(
            f"{out}: what weights of eight bits lose should be measured on dev or test. Found no labelled rows there."
        )
    faults = [
        Fault(
            f"with weights of eight bits should lose at most {at_most:g} points on {loss.split}. Found {loss.lost}. "
            "Nothing was written; --at-most allows more.",
            file=str(out),
            path=loss.figure,
        )
        for loss in losses
        if not loss.points <= at_most  # which also is so of a figure that is no number
    ]
    if faults:
        raise ExportError(*faults)
