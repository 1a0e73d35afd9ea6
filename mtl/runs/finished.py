"""What was trained and can be measured: a run, an ensemble, an export. Commands take any of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from ..base.errors import Fault, UsageError, those
from ..base.folders import FolderKind, fault_if_other, kind_of
from ..data.prepared import Prepared
from ..evaluate.evaluation import Evaluation
from ..graph.sharing_graph import SharingGraph
from ..serve.arrays import Texts
from ..sources.base import SPLITS
from ..sources.opening import open_sources
from .ensembling.ensemble import Ensemble
from .exported_run import ExportedRun
from .predictor import Prediction
from .runner import Run

KINDS: tuple[FolderKind, ...] = ("run", "ensemble", "export")


class Measurable(Protocol):
    """What a run, an ensemble and an export have in common."""

    out: Path

    @property
    def tasks(self) -> tuple[str, ...]:
        """Names of the tasks that answer."""
        ...

    @property
    def graph(self) -> SharingGraph:
        """The sharing graph, which says how rows are read."""
        ...

    @property
    def prepared(self) -> Prepared:
        """The data that it is measured on."""
        ...

    def warnings(self, *splits: str) -> list[Fault]:
        """Return warnings about these splits."""
        ...

    def evaluate(self, split: str = "test", *, tasks: Sequence[str] | None = None) -> Evaluation:
        """Measure it on a split: these tasks, by default all."""
        ...

    def predict(self, task: str, texts: Texts | Mapping[str, Texts], *, batch_size: int = 64) -> list[Prediction]:
        """Return one answer per text."""
        ...


def open_finished(
    folder: str | Path, *, data: str | Path | None = None, splits: Sequence[str] = SPLITS
) -> Run | Ensemble | ExportedRun:
    """Return the run, ensemble or export of a folder; of its data these splits alone are read.

    Raises `UsageError` where the folder holds none of them.
    """
    folder = Path(folder)
    fault_if_other([folder], *KINDS)
    kind = kind_of(folder)
    if kind == "export":
        return ExportedRun.open(folder, data=data, splits=splits)
    if kind == "ensemble":
        return Ensemble.open(folder, data=data, splits=splits)
    return Run.open(folder, data=data, splits=splits)


def fault_if_without(found: Iterable[Measurable], split: str) -> None:
    """Raise `UsageError` for all whose tasks have no rows in a split, with the splits that there are."""
    faults = []
    for one in found:
        recipe = one.graph.recipe
        asked = {recipe.tasks[task].source for task in one.tasks}
        if not any((source, split) in one.prepared.splits for source in asked):
            sources = open_sources(recipe)
            there = {name for source in asked for name in sources[source].splits}
            instead = next((name for name in ("test", "dev") if name in there - {split}), None)
            change = f" Use --split {instead}." if instead is not None else ""
            faults.append(Fault(f"should have a {split} split. Found {those('split', there)}.{change}", str(one.out)))
    if faults:
        raise UsageError(*faults)
