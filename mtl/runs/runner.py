"""A run: one recipe, one folder, and the steps from data to verified graphs.

recipe.yaml                 the recipe, every default written out: it runs again to the same result
graph.txt  graph.mmd        what is shared
fitted.json  data.json      vocabularies and labels; which data it had
labels.json                 labels that have another name since, where `mtl labels` gave them one
from/                       what is kept of runs that modules come from
tokenizers/                 files of tokenizers
teachers.json               where what teachers say of the training rows is cached
log.jsonl  tensorboard/     what training reported
checkpoints/                the last and the best one
metrics.json  reports.json  figures of dev and test
export/                     the graphs, their weights and their manifest
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.errors import Fault
from ..base.files import read_json, replace
from ..base.folders import FITTED, fault_if_other
from ..base.launched import here
from ..base.progress import Note, Report, StageReport
from ..base.threads import torch_threads
from ..base.unfinished import unfinished
from ..compile.loading import load_recipe
from ..data.fitted import NOT_RENAMED, RENAMED, Fitted, fault_if_other_rules, renamed_in
from ..data.prepared import Prepared
from ..evaluate.answerers import Answerer, ReadsTexts
from ..evaluate.evaluation import Evaluation, evaluate
from ..graph import drawing
from ..graph.build import build_graph
from ..graph.sharing_graph import SharingGraph
from ..model.multi_task import MultiTaskModel
from ..recipe.filling import filled
from ..serve.arrays import Texts
from ..serve.bundle import Bundle
from ..sources.base import SPLITS
from ..sources.opening import fault_if_streams
from ..train.checkpoint import Checkpoints, load_model
from ..train.logs import Logs
from ..train.resume import check_same_recipe
from ..train.trainer import Trainer
from .check import CheckReport, check_recipe
from .exported_run import kept_beside
from .given_recipe import RecipeLike, readable
from .kept_figures import keep_figures
from .kept_runs import KEPT, keep_runs
from .kept_tokenizers import keep_tokenizers
from .predictor import Prediction, Predictor
from .read_data import GivenRows, HasData, cache_folder
from .renaming import renaming
from .run_data import RunData
from .run_folder import folder_for
from .teachers import add_soft_labels

if TYPE_CHECKING:
    from ..export.export import ExportReport


class Run(HasData):
    """A run folder and what is in it; made by `start` for a new (or resumed) run and by `open` for a trained one.

    Each step needs those before it: `prepare`, `train`, `test`, `export`. The caller prints what
    they yield and return; nothing here does.
    """

    def __init__(
        self,
        out: Path,
        graph: SharingGraph,
        *,
        resume: bool = False,
        trained: bool = False,
        elsewhere: bool = False,
        sources: GivenRows | None = None,
        splits: Sequence[str] = SPLITS,
    ) -> None:
        super().__init__(out, graph, elsewhere=elsewhere, sources=sources, splits=splits)
        self.resume = resume
        self.trained = trained  # then vocabularies are the folder's own; a resumed run fits them anew and compares
        self.checked: CheckReport | None = None

    @classmethod
    def start(
        cls,
        recipe: RecipeLike,
        out: str | Path | None = None,
        *,
        data: str | Path | None = None,
        resume: bool = False,
        seed: int | None = None,
        overrides: Sequence[str] = (),
        sources: GivenRows | None = None,
        splits: Sequence[str] = SPLITS,
    ) -> Run:
        """Check a recipe and make its run folder; of the data only these splits are read.

        Raises `RecipeError` with every fault, `DataError` for pipes, `UsageError` for a folder that holds other things.
        """
        begun = resume and out is not None and bool(Checkpoints(Path(out)).pointer())
        read = readable(recipe, data, seed, overrides, Path(out) / KEPT if begun and out is not None else None)
        if resume and out is not None and not read.faults:
            check_same_recipe(read.whole(), Path(out))
        if begun and out is not None:
            kept = Path(out) / FITTED
            if kept.is_file():
                fault_if_other_rules(kept, read_json(kept))
        report = check_recipe(read, initial=not begun)  # what it starts from is in its checkpoint
        fault_if_streams(read.recipe, sources or (), splits)
        folder = Path(here().from_first(lambda: str(folder_for(read.recipe.name, out, resume))))
        run = cls(folder, report.graph, resume=resume, elsewhere=data is not None, sources=sources, splits=splits)
        anew = () if begun or not resume else (Fault("has no checkpoint: training begins at step 0.", str(folder)),)
        run.checked = dataclasses.replace(report, warnings=(*report.warnings, *anew))
        run._describe()
        return run

    @classmethod
    def open(
        cls,
        out: str | Path,
        *,
        data: str | Path | None = None,
        sources: GivenRows | None = None,
        splits: Sequence[str] = SPLITS,
    ) -> Run:
        """Open the folder of a run that was trained; of its data only these splits are read.

        Raises `UsageError` where it is none.

        A run whose rows came from memory needs them again in `sources`, as soon as data is read.
        """
        out = Path(out)
        fault_if_other([out], "run")
        recipe = load_recipe(out / "recipe.yaml", data=Path(data) if data is not None else None)
        graph = build_graph(recipe)
        return cls(out, graph, trained=True, elsewhere=data is not None, sources=sources, splits=splits)

    def _describe(self) -> None:
        """Write what the run is, unless a checkpoint exists: then it was written and training compares it."""
        if Checkpoints(self.out).pointer() or not here().first:
            return
        texts = {
            "graph.txt": drawing.text(self.graph),
            "graph.mmd": drawing.mermaid(self.graph),
            "recipe.yaml": filled(self.recipe),
        }
        for name, text in texts.items():
            replace(self.out / name, text.encode())
        keep_runs(self.graph, self.out / KEPT)
        keep_tokenizers(self.recipe, self.out)

    def _prepared(self) -> Prepared:
        if self.trained:
            return super()._prepared()
        begun = bool(Checkpoints(self.out).pointer())
        self.fault_if_not_given()
        prepared = self._read(None, renamed_in(self.out) if begun else NOT_RENAMED)
        add_soft_labels(self.graph, prepared, cache_folder(), self.out)
        if not begun and here().first:
            replace(self.out / FITTED, json.dumps(prepared.fitted.state(), ensure_ascii=False).encode())
            RunData(self._given, prepared.hashes).write(self.out)
        return prepared

    def rename(self, old: str, new: str, task: str | None = None) -> tuple[str, ...]:
        """Give a label of a trained run another name in answers and later exports; return the tasks that have it.

        Written to `labels.json` in one step; rows may have either name. Raises as `mtl.runs.renaming.renaming` does.
        """
        renamed, tasks = renaming(self.graph, Fitted.load(self.graph, self.out / FITTED), self.out, old, new, task)
        replace(self.out / RENAMED, (json.dumps(renamed, indent=1, ensure_ascii=False) + "\n").encode())
        for stale in ("prepared", "model", "predictor"):
            self.__dict__.pop(stale, None)
        return tasks

    def train(self) -> Iterator[Report]:
        """Train, yielding a report for every step and evaluation; the folder's logs keep them too.

        A resumed run continues after its last checkpoint; one that has ended yields what dev decided, if anything. Of
        several processes (see `mtl.base.processes`) the first one writes.
        """
        trainer = Trainer(self.graph, self.prepared, self.out, resume=self.resume)
        with Logs(self.out, trainer.step) if here().first else nullcontext() as logs:
            for report in trainer.train():
                if logs is not None:
                    if not isinstance(report, Note):
                        (self.out / "metrics.json").unlink(missing_ok=True)  # of the model before this step
                    logs.write(report)
                yield report

    @cached_property
    def model(self) -> MultiTaskModel:
        """The trained model: the weights of the best checkpoint."""
        return load_model(self.out, graph=self.graph if self.trained else None)  # begun with a recipe from elsewhere

    @cached_property
    def predictor(self) -> Predictor:
        """Answers with the trained model."""
        return Predictor(self.model, str(self.out))

    def predict(self, task: str, texts: Texts | Mapping[str, Texts], *, batch_size: int = 64) -> list[Prediction]:
        """Return one answer per text (see `mtl.runs.predictor.Predictor.predict`)."""
        return self.predictor.predict(task, texts, batch_size=batch_size)

    def evaluate(
        self,
        split: str = "test",
        *,
        tasks: Sequence[str] | None = None,
        answerer: Answerer | ReadsTexts | str | Path | None = None,
    ) -> Evaluation:
        """Measure the trained model on a split, or what else answers the run's tasks, on the run's data.

        `answerer` is the folder of an export, a `Bundle`, or anything with the methods of an answerer or with
        `predict` (see `mtl.evaluate.answerers`). Only these tasks are asked, by default all that it has.
        """
        if isinstance(answerer, str | Path):
            answerer = Bundle(answerer)
        with torch_threads(self.recipe.train.threads):
            return evaluate(answerer or self.model, self.graph, self.prepared, split, tasks=tasks)

    def test(self) -> dict[str, Any]:
        """Measure the splits `test` and `dev`, as far as there are such; write and return `metrics.json`."""
        present = {split for _, split in self.prepared.splits}
        return self.keep([self.evaluate(split) for split in ("test", "dev") if split in present])

    def keep(self, evaluations: Sequence[Evaluation]) -> dict[str, Any]:
        """Write evaluations into `metrics.json` and `reports.json`, in the place of earlier ones of the same split.

        Those of other data than the run had are not written. Returns all figures, these among them.
        """
        had = RunData.load(self.out)
        hashes = self.prepared.hashes
        return keep_figures(self.out, evaluations, lambda e: had is None or not had.changed(hashes, [e.split]))

    @property
    def metrics(self) -> dict[str, Any]:
        """What `metrics.json` holds: figures by split and task; raises `CheckpointError` before the test."""
        found: dict[str, Any] = read_json(self.out / "metrics.json")
        return found

    @property
    def reports(self) -> dict[str, Any]:
        """What `reports.json` holds: what is too long for a figure, by split and task; raises as `metrics` does."""
        found: dict[str, Any] = read_json(self.out / "reports.json")
        return found

    @property
    def manifest(self) -> dict[str, Any]:
        """What `export/manifest.json` holds; raises `CheckpointError` before the export."""
        found: dict[str, Any] = read_json(self.out / "export/manifest.json")
        return found

    @property
    def complete(self) -> bool:
        """Whether the run was tested and exported: then there is nothing left to resume."""
        return (self.out / "metrics.json").exists() and (self.out / "export/manifest.json").exists()

    def finish(self) -> None:
        """Test and export, where that is not done yet."""
        if not self.complete:
            self.test()
            self.export()

    def export(
        self,
        out: str | Path | None = None,
        *,
        report: Callable[[StageReport], None] = lambda _: None,
        verify: str = "full",
    ) -> ExportReport:
        """Write the graphs of all tasks, verified; raises `ExportError` saying how far it got.

        `report` is called as each stage begins. `verify` says how much is compared with torch: `full`, `sample` (all
        rows in batches, a few alone) or `none`.
        """
        from ..export.export import export

        known = self.metrics if (self.out / "metrics.json").exists() else {}
        folder = Path(out) if out is not None else self.out / "export"
        half = unfinished(self.out)
        facts = {} if half is None else {"unfinished": {"step": half.step, "steps": half.steps}}
        return export(
            self.model,
            self.graph,
            self.prepared,
            folder,
            metrics=known,
            facts=facts,
            beside=kept_beside(self.out),
            report=report,
            verify=verify,
        )
