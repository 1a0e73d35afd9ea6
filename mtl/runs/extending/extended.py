"""A run with new tasks: trained, tested, exported, and compared with the run that it extends.

extended.json               in its folder: which run it extends, and what the comparison found
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ...base.errors import MtlError, UsageError, counted, listing
from ...base.files import read_json, replace
from ...base.folders import FITTED
from ...base.progress import StageReport
from ...base.threads import torch_threads
from ...compile.extension import extension
from ...data.fitted import Fitted
from ...evaluate.evaluation import figures_on
from ...export.manifest import labels_of
from ...export.pairs import check_how
from ...sources.opening import open_sources
from ..runner import Run
from .answers import Compared, Side, compared

FILE = "extended.json"
SPLITS = ("test", "dev")


@dataclass(frozen=True)
class Lost:
    """A figure of one of the run's own tasks, before and after; `gained` is above 0 where it is better now."""

    task: str
    figure: str
    split: str
    before: float
    after: float
    gained: float


class Extended:
    """A run, and the one that it extends by new tasks.

    `start` checks everything. Then come the steps of any run (`run`), and `prove`.
    """

    def __init__(self, before: Run, run: Run, frozen: bool) -> None:
        self.before = before
        self.run = run
        self.frozen = frozen

    @classmethod
    def start(
        cls,
        run: str | Path,
        recipe: str | Path,
        out: str | Path | None = None,
        *,
        resume: bool = False,
        unfreeze: bool = False,
        data: str | Path | None = None,
        seed: int | None = None,
        overrides: Sequence[str] = (),
    ) -> Extended:
        """Check the new tasks with those of a finished run, and make the folder of a run with both.

        Raises as `Run.start` and `mtl.compile.extension.extension` do, and `UsageError` where no answer of the run's
        own tasks could be compared.
        """
        base = None if data is None else Path(data)
        joint = extension(Path(run), Path(recipe), overrides=overrides, data=base, seed=seed, freeze=not unfreeze)
        before = Run.open(run)
        before.fault_if_not_given()
        tasks = list(before.recipe.tasks)
        if _without_rows(before) == tasks:
            raise UsageError(
                f"{run}: should have a test or dev split, to prove what its tasks answer then. Found neither for "
                f"{listing(tasks)}. Write 'test: FILE' at a source in {before.out / 'recipe.yaml'}."
            )
        return cls(before, Run.start(joint, out, resume=resume), not unfreeze)

    @property
    def not_compared(self) -> list[str]:
        """The run's own tasks that have no row to compare answers to."""
        return _without_rows(self.before)

    def prove(self, report: Callable[[StageReport], None] = lambda _: None, *, verify: str = "full") -> list[Compared]:
        """Compare the answers of the run's own tasks, before and after, to every row of test and dev.

        By torch, in batches alike, and by the exported graphs; a run that was not exported, or has renamed labels
        since, is, for the comparison, verified as `verify` says (see `Run.export`).
        Raises `MtlError` where all that they have in common is frozen and an answer differs.
        """
        with TemporaryDirectory() as scratch, torch_threads(self.run.recipe.train.threads):
            export = self.before.out / "export"
            if not _exported_as_it_is(self.before, export):
                export = Path(scratch) / "export"
                self.before.export(export, report=report, verify=verify)
            before = Side(self.before.graph, self.before.model, export)
            after = Side(self.run.graph, self.run.model, self.run.out / "export")
            found = [
                compared(before, after, task.name, name, (mine, theirs))
                for task in self.before.recipe.tasks.values()
                for name in SPLITS
                if (mine := self.before.prepared.split(task.source, name)) is not None
                and (theirs := self.run.prepared.split(task.source, name)) is not None
            ]
        self._keep(found)
        wrong = [one for one in found if not one.equal]
        if self.frozen and wrong:
            raise MtlError(*(differs(one) for one in wrong))
        return found

    def lost(self) -> list[Lost]:
        """Return every figure of the run's own tasks on dev (on test, where there is no dev), before and after."""
        split = next(name for name in ("dev", "test") if any(of == name for _, of in self.before.prepared.splits))
        better = figures_on(self.before.graph, self.before.prepared, split)[0]
        now, then = self.run.metrics[split], self.before.evaluate(split).metrics
        return [
            Lost(
                task, figure, split, value, now[task][figure], _gained(better, task, figure, now[task][figure] - value)
            )
            for task, figures in then.items()
            for figure, value in figures.items()
            if figure in now.get(task, {}) and task in self.before.recipe.tasks
        ]

    def _keep(self, found: Sequence[Compared]) -> None:
        content: dict[str, Any] = {
            "run": str(self.before.out.resolve()),
            "frozen": self.frozen,
            "compared": [one.facts() for one in found],
            "not_compared": self.not_compared,
            "figures": [vars(one) for one in self.lost()],
        }
        replace(self.run.out / FILE, (json.dumps(content, indent=2) + "\n").encode())


def _exported_as_it_is(run: Run, export: Path) -> bool:
    """Say whether a run was exported with the names that its labels have now."""
    if not (export / "manifest.json").is_file():
        return False
    tasks = read_json(export / "manifest.json")["tasks"]
    fitted = Fitted.load(run.graph, run.out / FITTED)
    return all(tasks[task]["labels"] == labels_of(run.graph, fitted, task) for task in run.tasks if task in tasks)


def _without_rows(run: Run) -> list[str]:
    """Return the tasks of a run whose source has neither test nor dev."""
    sources = open_sources(run.recipe)
    return [task.name for task in run.recipe.tasks.values() if not set(SPLITS) & set(sources[task.source].splits)]


def _gained(better: dict[str, bool], task: str, figure: str, change: float) -> float:
    return change if better.get(f"{task}.{figure}", True) else 0.0 - change


def differs(one: Compared) -> str:
    """Return the sentence for a task that answers some rows otherwise than before."""
    by = " and ".join(
        f"{counted(found.rows, 'row')} otherwise by {what} ({found.size})"
        for found, what in ((one.eager, "torch"), (one.exported, "its exported graph"))
        if found.rows
    )
    every = f"all {counted(one.rows, 'row')}" if one.rows != 1 else "the one row"
    return f"{one.task}: should answer {every} of {one.split} as before, bit by bit. Found {by}."


def extend(
    run: str | Path,
    recipe: str | Path,
    out: str | Path | None = None,
    *,
    resume: bool = False,
    unfreeze: bool = False,
    data: str | Path | None = None,
    seed: int | None = None,
    overrides: Sequence[str] = (),
    verify: str = "full",
) -> Extended:
    """Train new tasks on a finished run, test, export and compare (see `Extended.start` and `Extended.prove`).

    `verify` is that of `Run.export`.
    """
    check_how(verify)
    found = Extended.start(
        run, recipe, out, resume=resume, unfreeze=unfreeze, data=data, seed=seed, overrides=overrides
    )
    for _ in found.run.train():
        pass
    if not found.run.complete:
        found.run.test()
        found.run.export(verify=verify)
    found.prove(verify=verify)
    return found
