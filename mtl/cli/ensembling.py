"""`mtl ensemble`."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from ..base.errors import UsageError, near_miss
from .checking import warn
from .progress import line, stage
from .tables import print_table, results, table
from .training import reading_shown, train

if TYPE_CHECKING:
    from ..evaluate.evaluation import Evaluation
    from ..runs.ensembling.answering import By

WAYS: tuple[By, ...] = ("average", "vote")


@dataclass(frozen=True)
class EnsembleRequest:
    """What `mtl ensemble` was asked for: see its options."""

    runs: tuple[Path, ...]
    out: Path
    by: str
    tasks: tuple[str, ...]
    count: int | None
    seed: int | None
    data: Path | None
    overrides: tuple[str, ...]
    verify: str = "full"

    @property
    def way(self) -> By:
        """How members are combined; raises `UsageError` for what is no way."""
        for way in WAYS:
            if way == self.by:
                return way
        raise UsageError(f"--by should be average or vote. Found '{self.by}'.{near_miss(self.by, WAYS)}")

    def check(self) -> None:
        """Raise `UsageError` for options that do not go together."""
        from ..export.pairs import check_how

        check_how(self.verify, "--verify")
        recipes = [f"'{run}'" for run in self.runs if run.suffix in {".yaml", ".yml"} and run.is_file()]
        if recipes and self.count is None:
            raise UsageError(
                "what is combined should be folders of runs, or one recipe with --runs N, which is trained N times. "
                f"Found the {'recipe' if len(recipes) == 1 else 'recipes'} {', '.join(recipes)} without --runs."
            )
        if self.count is not None and len(self.runs) != 1:
            raise UsageError(f"--runs should come with one recipe, which is trained so often. Found {len(self.runs)}.")
        for option, given in {"--seed": self.seed is not None, "--set": bool(self.overrides)}.items():
            if given and self.count is None:
                raise UsageError(
                    f"{option} should come with --runs, as finished runs are what they are. Found no --runs."
                )

    def again(self) -> str:
        """Return the command that goes on, as a shell reads it."""
        options = ["--runs", str(self.count), "--out", str(self.out), "--by", self.by]
        options += [part for task in self.tasks for part in ("--task", task)]
        options += ["--seed", str(self.seed)] if self.seed is not None else []
        options += ["--data", str(self.data)] if self.data is not None else []
        options += [part for setting in self.overrides for part in ("--set", setting)]
        options += ["--verify", self.verify] if self.verify != "full" else []
        return shlex.join(["mtl", "ensemble", *map(str, self.runs), *options])


def ensemble_command(asked: EnsembleRequest) -> None:
    """Combine finished runs, or train some first; test, export, verify, and show members beside the ensemble."""
    from ..runs.ensembling.ensemble import Ensemble
    from ..runs.ensembling.training import member_folders, members_to_train

    console = Console()
    asked.check()
    runs, way = asked.runs, asked.way
    if asked.count is not None:
        runs = tuple(member_folders(asked.out, asked.count))
        given = asked.runs[0], asked.out, asked.count
        data, seed, overrides = asked.data, asked.seed, asked.overrides
        for run in members_to_train(*given, by=way, tasks=asked.tasks, data=data, seed=seed, overrides=overrides):
            with reading_shown(run, asked.again(), console):
                train(run, console)
    found = Ensemble.start(runs, asked.out, by=way, tasks=asked.tasks, data=asked.data)
    for fault in found.left_out:
        warn([replace(fault, message=f"is left out of the ensemble. To be in it, it {fault.message}")])
    figures = found.test()
    warn(found.warnings(*figures))
    split = next((name for name in ("test", "dev") if name in figures), None)
    line(console, "tested; exporting and verifying" if asked.verify != "none" else "tested; exporting")
    report = found.export(report=lambda begun: line(console, stage(begun)), verify=asked.verify)
    print_table(console, results({}, {}, report.folder, report.files, report.verification.facts(), report.manifest))
    if split is not None:
        print_table(console, members_table(split, found.evaluate_members(split), figures[split]))


def members_table(split: str, members: Sequence[Evaluation], figures: dict[str, dict[str, float]]) -> Table:
    """Return the figures of a split: of each member, and of the ensemble."""
    made = table("task", f"figure on {split}", *(str(number) for number in range(1, len(members) + 1)), "ensemble")
    for task, of_task in figures.items():
        for name, value in of_task.items():
            own = (evaluation.metrics.get(task, {}).get(name) for evaluation in members)
            made.add_row(task, name, *("" if one is None else f"{one:.4f}" for one in own), f"{value:.4f}")
    return made
