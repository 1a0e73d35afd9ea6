"""An ensemble in its folder: finished runs that answer together; measured, exported and verified as a run is.

ensemble.json               its members, with a hash of the weights of each, and how they are combined
metrics.json  reports.json  figures of dev and test
export/                     a graph per task, in which all members are, over one weights file
runs/                       the members, where they were trained for it
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...base.errors import CheckpointError, Fault, UsageError
from ...base.files import read_json
from ...base.folders import FITTED, fault_if_other
from ...base.progress import StageReport
from ...base.threads import torch_threads
from ...compile.loading import run_graph
from ...data.fitted import Fitted
from ...data.prepared import Prepared
from ...evaluate.answerers import Answerer, ReadsTexts
from ...evaluate.evaluation import Evaluation, evaluate
from ...serve.arrays import Texts
from ...serve.bundle import Bundle
from ...sources.base import SPLITS
from ..exported_run import kept_beside
from ..kept_figures import keep_figures
from ..predictor import Prediction, Predictor
from ..run_data import RunData
from ..runner import Run
from .answering import By
from .combining import Candidate, combined_tasks
from .members import Members, check_folder, weights_of
from .network import EnsembleModel, load_ensemble

if TYPE_CHECKING:
    from ...export.export import ExportReport
    from ...graph.sharing_graph import SharingGraph


class Ensemble:
    """An ensemble and its folder; made by `start` of finished runs, and by `open` where it was made.

    Its tasks are those that all members have with equal labels, read from the sources of the first one.
    """

    def __init__(
        self, out: Path, members: Members, *, data: str | Path | None = None, splits: Sequence[str] = SPLITS
    ) -> None:
        self.out = out
        self.members = members
        self.left_out: tuple[Fault, ...] = ()
        self.tasks = members.tasks
        self.first = Run.open(members.runs[0], data=data, splits=splits)

    @classmethod
    def start(
        cls,
        runs: Sequence[str | Path],
        out: str | Path,
        *,
        by: By = "average",
        tasks: Sequence[str] = (),
        data: str | Path | None = None,
    ) -> Ensemble:
        """Combine finished runs; only these `tasks`, by default all that can be. `left_out` says why others cannot.

        Raises `UsageError` where there is nothing to combine or a folder is no run, and `CheckpointError` where a run
        has not ended.
        """
        folders, out = [Path(run) for run in runs], Path(out)
        repeated = next((one for n, one in enumerate(folders) if one.resolve() in map(Path.resolve, folders[:n])), None)
        if repeated is not None:
            raise UsageError(f"each run of an ensemble should be named once. Found '{repeated}' again. Leave it out.")
        if len(folders) < 2:
            raise UsageError(
                f"an ensemble should be of two runs or more. Found {len(folders)}. Name others, or a recipe "
                "with --runs N, which is trained N times."
            )
        fault_if_other(folders, "run")
        check_folder(out, folders, by)
        candidates = _candidates(folders)
        found, left_out = combined_tasks(candidates, by, tasks)
        members = Members(by, tuple(found), tuple(folders), tuple(map(weights_of, folders)))
        out.mkdir(parents=True, exist_ok=True)
        members.write(out)
        ensemble = cls(out, members, data=data)
        ensemble.left_out = tuple(left_out)
        return ensemble

    @classmethod
    def open(cls, out: str | Path, *, data: str | Path | None = None, splits: Sequence[str] = SPLITS) -> Ensemble:
        """Open the folder of an ensemble; of its data only these splits are read.

        Raises `CheckpointError` where a member is gone or was trained again.
        """
        return cls(Path(out), Members.load(Path(out)), data=data, splits=splits)

    @cached_property
    def model(self) -> EnsembleModel:
        """The members as one network."""
        return load_ensemble(self.members)

    @property
    def predictor(self) -> Predictor:
        """Answers with the ensemble."""
        return Predictor(self.model, str(self.out))

    def predict(self, task: str, texts: Texts | Mapping[str, Texts], *, batch_size: int = 64) -> list[Prediction]:
        """Return one answer per text (see `mtl.runs.predictor.Predictor.predict`)."""
        return self.predictor.predict(task, texts, batch_size=batch_size)

    @property
    def graph(self) -> SharingGraph:
        """The sharing graph of the first member, which says how its tasks' rows are read."""
        return self.first.graph

    @property
    def prepared(self) -> Prepared:
        """The data of the first member."""
        return self.first.prepared

    def warnings(self, *splits: str) -> list[Fault]:
        """Return warnings about these splits (see `Run.warnings`)."""
        return self.first.warnings(*splits)

    def evaluate(
        self,
        split: str = "test",
        *,
        tasks: Sequence[str] | None = None,
        answerer: Answerer | ReadsTexts | str | Path | None = None,
    ) -> Evaluation:
        """Measure the ensemble, or what else answers its tasks, on a split (see `Run.evaluate`)."""
        if isinstance(answerer, str | Path):
            answerer = Bundle(answerer)
        return self._measured(answerer or self.predictor, split, tasks)

    def evaluate_members(self, split: str) -> list[Evaluation]:
        """Measure each member by itself on the rows that the ensemble is measured on."""
        return [self._measured(Predictor.load(run), split, None) for run in self.members.runs]

    def _measured(self, answerer: Answerer | ReadsTexts, split: str, tasks: Sequence[str] | None) -> Evaluation:
        graph = self.model.sharing_graph
        with torch_threads(graph.recipe.train.threads):
            return evaluate(answerer, graph, self.prepared, split, tasks=tasks or self.tasks)

    def test(self) -> dict[str, Any]:
        """Measure the splits `test` and `dev`, as far as there are such; write and return `metrics.json`."""
        sources = {self.first.recipe.tasks[task].source for task in self.tasks}
        present = {split for source, split in self.prepared.splits if source in sources}
        return self.keep([self.evaluate(split) for split in ("test", "dev") if split in present])

    def keep(self, evaluations: Sequence[Evaluation]) -> dict[str, Any]:
        """Write evaluations into `metrics.json` and `reports.json`; return all figures, these among them.

        Those of other data than the first member had are not written.
        """
        had = RunData.load(self.first.out)
        hashes = self.prepared.hashes
        return keep_figures(self.out, evaluations, lambda e: had is None or not had.changed(hashes, [e.split]))

    @property
    def manifest(self) -> dict[str, Any]:
        """What `export/manifest.json` holds; raises `CheckpointError` before the export."""
        found: dict[str, Any] = read_json(self.out / "export/manifest.json")
        return found

    def export(
        self,
        out: str | Path | None = None,
        *,
        report: Callable[[StageReport], None] = lambda _: None,
        verify: str = "full",
    ) -> ExportReport:
        """Write one graph per task, with all members in it, and verify it (see `Run.export`); raises `ExportError`."""
        from ...export.export import export

        known = read_json(self.out / "metrics.json") if (self.out / "metrics.json").exists() else {}
        return export(
            self.model,
            self.model.sharing_graph,
            replace(self.prepared, fitted=self.model.fitted),
            Path(out) if out is not None else self.out / "export",
            metrics=known,
            facts={"ensemble": self.members.described()},
            beside=kept_beside(self.first.out),
            report=report,
            verify=verify,
        )


def _candidates(folders: Sequence[Path]) -> list[Candidate]:
    """Return the runs as what can be combined; raises `CheckpointError` for all that have not ended."""
    found: list[Candidate] = []
    faults: list[Fault] = []
    for folder in folders:
        try:
            graph = run_graph(folder)
        except CheckpointError as error:
            faults += (replace(fault, file=str(folder)) for fault in error.faults)
            continue
        try:
            found.append(Candidate(folder, graph, Fitted.load(graph, folder / FITTED)))
        except CheckpointError as error:
            faults += error.faults
    if faults:
        raise CheckpointError(*faults)
    return found


def ensemble(
    runs: Sequence[str | Path],
    out: str | Path,
    *,
    by: By = "average",
    tasks: Sequence[str] = (),
    data: str | Path | None = None,
    verify: str = "full",
) -> Ensemble:
    """Combine finished runs, test and export what they answer together; return the ensemble (see `Ensemble.start`).

    `verify` says how much of the export is compared with torch, as that of `Run.export`.
    """
    from ...export.pairs import check_how

    check_how(verify)
    found = Ensemble.start(runs, out, by=by, tasks=tasks, data=data)
    found.test()
    found.export(verify=verify)
    return found
