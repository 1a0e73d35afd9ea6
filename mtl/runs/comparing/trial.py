"""One run of a comparison: trained and tested, or found done in its folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ...base.errors import UsageError, listing
from ...base.files import read_json
from ...base.progress import Report
from ...compile.loading import load_recipe
from ...graph.build import build_graph
from ...recipe.config import Recipe
from ...recipe.filling import digest
from ...sources.opening import open_sources
from ...train.checkpoint import Checkpoints
from ...train.from_runs import taken_weights
from ...train.resume import with_other_weights
from ..runner import Run
from ..teachers import other_teachers
from .matching import ComparedRecipe, tested


@dataclass(frozen=True)
class ComparedRun:
    """One run of a comparison: a recipe with one seed, `number` of `total`, in a run folder.

    A task alone is trained in proportion to its `joint` run, if there is one.
    """

    given: Recipe
    folder: Path
    number: int
    total: int
    joint: ComparedRecipe | None = None
    matched: str = "epochs"

    @cached_property
    def recipe(self) -> Recipe:
        """The recipe that is trained; where minutes are matched, it is known once the joint run has ended."""
        return self.given if self.joint is None else self.joint.matched(self.given, self.matched)

    @property
    def ready(self) -> bool:
        """Whether it can begin: where minutes are matched, once the joint run of its seed has ended."""
        return self.joint is None or self.matched != "minutes" or self.joint.tested(self.given.seed)

    @property
    def begun(self) -> bool:
        """Whether it was begun: its folder has a checkpoint."""
        return bool(Checkpoints(self.folder).pointer())

    @property
    def done(self) -> bool:
        """Whether it was tested; raises `UsageError` where the folder holds a run of another recipe, on other data, or
        that began with other weights of the runs that its modules come from, or learned from other teachers.

        A run that was begun and not tested is compared with its data when it goes on (`mtl.train.resume`).
        """
        kept = self.folder / "recipe.yaml"
        if not kept.is_file():
            return False
        if self.joint is not None and not self.ready:
            raise UsageError(
                f"'{self.folder}' should hold a run that came after the joint run whose minutes it has, "
                f"'{self.joint.run(self.given.seed)}'. Found that one not ended. Delete the folder, or name another "
                "one with --out."
            )
        if digest(load_recipe(kept)) != digest(self.recipe):
            raise UsageError(
                f"'{self.folder}' should hold a run of the recipe that is compared. Found another recipe's. "
                "Name another folder with --out."
            )
        if not tested(self.folder):
            return False
        identity = read_json(Checkpoints(self.folder).path("last") / "state.json")["identity"]
        self._check_data(identity["data"])
        graph = build_graph(self.recipe)
        others = with_other_weights(identity, taken_weights(graph))
        if others:
            raise UsageError(
                f"'{self.folder}' should hold a run that began with the weights that 'from' names. Found other weights "
                f"of {listing(others)}. Delete the folder, or name another one with --out."
            )
        taught = other_teachers(graph, self.folder)
        if taught:
            raise UsageError(
                f"'{self.folder}' should hold a run that learned from the teachers that its recipe names. Found that "
                f"the teacher of {listing(taught)} was trained again. Delete the folder, or name another one with "
                "--out."
            )
        return True

    def _check_data(self, kept: Mapping[str, str]) -> None:
        sources = open_sources(self.recipe)
        for name in dict.fromkeys(task.source for task in self.recipe.tasks.values()):
            for split in sources[name].splits:
                if kept.get(f"{name}/{split}") != sources[name].identity(split, self.recipe.data):
                    raise UsageError(
                        f"'{self.folder}' should hold a run on the data that is compared on. Found that '{name}' had "
                        f"another {split} split. Delete the folder, or name another one with --out."
                    )

    def run(self) -> Iterator[Report]:
        """Train, from the last checkpoint on where there is one, and test; yields what training reports."""
        yield from carry_out(self.recipe, self.folder)


def carry_out(recipe: Recipe, folder: Path) -> Iterator[Report]:
    """Train a recipe, from the last checkpoint in its folder on, and test it; yields what training reports."""
    run = Run.start(recipe, folder, resume=folder.is_dir())
    yield from run.train()
    run.test()
