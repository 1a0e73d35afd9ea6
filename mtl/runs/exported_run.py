"""An export with the data that it is measured on, which its own folder says: the run that it is of is not needed.

recipe.yaml  fitted.json    what the run read, and the vocabularies and labels that it has
data.json  labels.json      hashes of its data; labels that have another name since
tokenizers/  from/          what the recipe needs beside it
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from ..base.errors import Fault, UsageError, listing
from ..base.folders import FITTED, fault_if_other
from ..compile.loading import load_recipe
from ..compile.tokenizers import KEPT as TOKENIZERS
from ..data.fitted import RENAMED
from ..evaluate.evaluation import Evaluation, evaluate
from ..graph.build import build_graph
from ..serve.arrays import Texts
from ..serve.bundle import Bundle
from ..sources.base import SPLITS
from .kept_runs import KEPT as RUNS
from .predictor import Prediction
from .read_data import GivenRows, HasData
from .run_data import FILE as DATA

RECIPE = "recipe.yaml"
NEEDED = (RECIPE, FITTED)


def kept_beside(run: Path) -> list[Path]:
    """Return what of a run's folder an export has a copy of: all that it takes to be measured."""
    names = (*NEEDED, DATA, RENAMED, TOKENIZERS, RUNS)
    return [run / name for name in names if (run / name).exists()]


class ExportedRun(HasData):
    """The graphs of an export, measured on the data of their run; made by `open`."""

    @classmethod
    def open(
        cls,
        folder: str | Path,
        *,
        data: str | Path | None = None,
        sources: GivenRows | None = None,
        splits: Sequence[str] = SPLITS,
    ) -> ExportedRun:
        """Open an export; only these splits are read, from `data` where files have moved.

        Raises `UsageError` where the folder is no export, or does not say what it is measured on.
        """
        folder = Path(folder)
        fault_if_other([folder], "export")
        missing = [name for name in NEEDED if not (folder / name).is_file()]
        if missing:
            raise UsageError(
                f"'{folder}' should have {listing(NEEDED)}, which say what it is measured on. Found no "
                f"{listing(missing)}. Export its run again with 'mtl export RUN', or name the run."
            )
        recipe = load_recipe(folder / RECIPE, data=Path(data) if data is not None else None)
        return cls(folder, build_graph(recipe), elsewhere=data is not None, sources=sources, splits=splits)

    @cached_property
    def bundle(self) -> Bundle:
        """The graphs."""
        return Bundle(self.out)

    @property
    def tasks(self) -> tuple[str, ...]:
        """Names of the tasks that have a graph."""
        return self.bundle.tasks

    def warnings(self, *splits: str) -> list[Fault]:
        """Return warnings about these splits, and about figures that are not measured as those of the run."""
        running = [task for task in self.tasks if self.recipe.tasks[task].task.bptt is not None]
        apart = [
            Fault("is measured row by row by its export, and by its run as one running text ('bptt').", path=task)
            for task in running
        ]
        return [*super().warnings(*splits), *apart]

    def predict(self, task: str, texts: Texts | Mapping[str, Texts], *, batch_size: int = 64) -> list[Prediction]:
        """Return one answer per text (see `mtl.Bundle.predict`)."""
        return self.bundle.predict(task, texts, batch_size=batch_size)

    def evaluate(self, split: str = "test", *, tasks: Sequence[str] | None = None) -> Evaluation:
        """Measure the graphs on a split: those of these tasks, by default of all."""
        return evaluate(self.bundle, self.graph, self.prepared, split, tasks=tasks)
