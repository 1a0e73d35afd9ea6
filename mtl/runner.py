"""A run: one recipe, one folder, and the steps from data to verified graphs.

recipe.yaml                 the recipe, every default written out: it runs again to the same result
graph.txt  graph.mmd        what is shared
fitted.json                 vocabularies and labels
log.jsonl  tensorboard/     what training reported
checkpoints/                the last and the best one
metrics.json  reports.json  figures of dev and test
export/                     the graphs, their weights and their manifest
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .check import Report as CheckReport
from .check import check
from .checkpoint import Checkpoints, load_model
from .dataset import Fitted, Prepared, prepare
from .errors import CheckpointError, UsageError
from .evaluation import Evaluation, evaluate
from .files import UNFINISHED, read_json, replace
from .logs import Logs
from .model import MultiTaskModel
from .predictor import Answer, Predictor, Texts
from .progress import Report
from .recipe import Recipe
from .sharing_graph import SharingGraph
from .sources import open_sources
from .trainer import Trainer

if TYPE_CHECKING:
    from .export.export import ExportReport

Given = Mapping[str, Mapping[str, Iterable[Mapping[str, Any]]]]  # source -> split -> rows


class Run:
    """A run folder and what is in it; made by `start` for a new (or resumed) run and by `open` for a trained one.

    Each step needs those before it: `prepare`, `train`, `test`, `export`. Whoever steps through them prints what
    they yield and return; nothing here does.
    """

    def __init__(
        self,
        out: Path,
        graph: SharingGraph,
        *,
        resume: bool = False,
        trained: bool = False,
        sources: Given | None = None,
    ) -> None:
        self.out = out
        self.graph = graph
        self.recipe = graph.recipe
        self.resume = resume
        self.trained = trained  # then vocabularies are the folder's own; a resumed run fits them anew and compares
        self.checked: CheckReport | None = None
        self._sources = open_sources(self.recipe, sources)

    @classmethod
    def start(
        cls,
        recipe: Recipe | str | Path,
        out: str | Path | None = None,
        *,
        data: str | Path | None = None,
        resume: bool = False,
        seed: int | None = None,
        overrides: Sequence[str] = (),
        sources: Given | None = None,
    ) -> Run:
        """Check a recipe and make its run folder.

        Raises `RecipeError` with every fault, and `UsageError` where the folder holds something already and is not
        to be resumed.
        """
        if isinstance(recipe, (str, Path)):
            base = Path(data) if data is not None else None
            recipe = Recipe.load(recipe, overrides=overrides, data=base, seed=seed)
        elif data is not None or seed is not None or overrides:
            raise UsageError(
                "data, seed and overrides should come with a recipe's file. Found a recipe that is loaded."
            )
        begun = resume and out is not None and bool(Checkpoints(Path(out)).pointer())
        report = check(recipe, initial=not begun)  # what it starts from is in its checkpoint
        run = cls(folder_for(recipe.name, out, resume), report.graph, resume=resume, sources=sources)
        run.checked = report
        run._describe()
        return run

    @classmethod
    def open(cls, out: str | Path, *, data: str | Path | None = None, sources: Given | None = None) -> Run:
        """Open the folder of a run that was trained; raises `CheckpointError` where it is none."""
        out = Path(out)
        if not (out / "recipe.yaml").is_file():
            raise CheckpointError(f"{out}: should be a run folder, with a file 'recipe.yaml'. Found none.")
        recipe = Recipe.load(out / "recipe.yaml", data=Path(data) if data is not None else None)
        return cls(out, SharingGraph.build(recipe), trained=True, sources=sources)

    def _describe(self) -> None:
        """Write what the run is, unless a checkpoint exists: then it was written and training compares it."""
        if Checkpoints(self.out).pointer():
            return
        texts = {"graph.txt": self.graph.text(), "graph.mmd": self.graph.mermaid(), "recipe.yaml": self.recipe.filled()}
        for name, text in texts.items():
            replace(self.out / name, text.encode())

    @cached_property
    def prepared(self) -> Prepared:
        """The data as numbers, with what was fitted to it; read on first use."""
        kept = self.out / "fitted.json"
        fitted = Fitted.from_state(self.graph, read_json(kept)) if self.trained else None
        prepared = prepare(self.graph, self._sources, cache_folder(), fitted=fitted)
        if not Checkpoints(self.out).pointer():
            replace(kept, json.dumps(prepared.fitted.state(), ensure_ascii=False).encode())
        return prepared

    def train(self) -> Iterator[Report]:
        """Train, yielding a report for every step and evaluation; the folder's logs keep them too.

        A resumed run goes on behind its last checkpoint; one that has ended yields nothing.
        """
        trainer = Trainer(self.graph, self.prepared, self.out, resume=self.resume)
        with Logs(self.out, trainer.step) as logs:
            for report in trainer.train():
                (self.out / "metrics.json").unlink(missing_ok=True)  # of the model before this step
                logs.write(report)
                yield report

    @cached_property
    def model(self) -> MultiTaskModel:
        """The trained model: the weights of the best checkpoint."""
        return load_model(self.out)

    @cached_property
    def predictor(self) -> Predictor:
        """Answers with the trained model."""
        return Predictor(self.model)

    def predict(self, task: str, texts: Texts, *, batch_size: int = 64) -> list[Answer]:
        """Return one answer a text (see `mtl.predictor.Predictor.predict`)."""
        return self.predictor.predict(task, texts, batch_size=batch_size)

    def evaluate(self, split: str = "test") -> Evaluation:
        """Measure the trained model on a split."""
        return evaluate(self.model, self.graph, self.prepared, split)

    def test(self) -> dict[str, Any]:
        """Measure the splits `test` and `dev`, as far as there are such; write and return `metrics.json`."""
        present = {split for _, split in self.prepared.splits}
        return self.keep([self.evaluate(split) for split in ("test", "dev") if split in present])

    def keep(self, evaluations: Iterable[Evaluation]) -> dict[str, Any]:
        """Write evaluations into `metrics.json` and `reports.json`, in the place of earlier ones of the same split."""
        metrics = read_json(self.out / "metrics.json") if (self.out / "metrics.json").exists() else {}
        reports = read_json(self.out / "reports.json") if (self.out / "reports.json").exists() else {}
        for evaluation in evaluations:
            metrics[evaluation.split] = evaluation.metrics
            reports[evaluation.split] = evaluation.reports
        for name, content in {"reports.json": reports, "metrics.json": metrics}.items():
            replace(self.out / name, (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode())
        return dict(metrics)

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

    def export(self, out: str | Path | None = None) -> ExportReport:
        """Write the graphs of all tasks and verify them; raises `ExportError` saying how far it got."""
        from .export.export import export

        known = self.metrics if (self.out / "metrics.json").exists() else {}
        folder = Path(out) if out is not None else self.out / "export"
        return export(self.model, self.graph, self.prepared, folder, metrics=known)


def run(
    recipe: Recipe | str | Path,
    out: str | Path | None = None,
    *,
    data: str | Path | None = None,
    resume: bool = False,
    seed: int | None = None,
    overrides: Sequence[str] = (),
    sources: Given | None = None,
) -> Run:
    """Check, train, test, export and verify a recipe; return the run.

    `out` is the run folder (without it: a new one, `runs/NAME/N`), `data` what relative paths of sources start from,
    `overrides` are `a.b.c=value` settings, and `sources` gives rows from memory: source -> split -> iterable of dicts.
    """
    started = Run.start(recipe, out, data=data, resume=resume, seed=seed, overrides=overrides, sources=sources)
    for _ in started.train():
        pass
    if not started.complete:
        started.test()
        started.export()
    return started


def folder_for(name: str, out: str | Path | None, resume: bool) -> Path:
    """Make and return a run's folder: `out`, or the next free `runs/NAME/N`."""
    if out is None:
        if resume:
            raise UsageError("resuming should say which run: name its folder with --out. Found no --out.")
        return next_folder(Path("runs") / name)
    out = Path(out)
    if out.is_dir():
        held = [entry.name for entry in out.iterdir() if not entry.name.endswith(UNFINISHED)]
        if held and not resume:
            found = "1 entry" if len(held) == 1 else f"{len(held)} entries"
            raise UsageError(
                f"run folder '{out}' should be new or empty. Found {found} in it. "
                "Go on with that run with --resume, or name another folder with --out."
            )
        if held and "graph.txt" not in held:
            raise UsageError(f"run folder '{out}' should be a run to resume. Found other things in it.")
    elif out.exists():
        raise UsageError(f"run folder '{out}' should be a folder. Found a file.")
    out.mkdir(parents=True, exist_ok=True)
    return out


def next_folder(parent: Path) -> Path:
    """Make the folder whose number follows the highest one; two processes never get the same."""
    parent.mkdir(parents=True, exist_ok=True)
    while True:
        taken = [int(entry.name) for entry in parent.iterdir() if entry.name.isdecimal()]
        folder = parent / str(max(taken, default=0) + 1)
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder


def cache_folder() -> Path:
    """Return where encoded data is kept between runs: `.mtl_cache`, or what the variable MTL_CACHE names."""
    return Path(os.environ.get("MTL_CACHE", ".mtl_cache"))
