"""Recipes side by side: each trained with several seeds, what their test figures are on average, and which is better.

OUT/NAME/seed-N/   a run folder for each recipe and seed (a task alone: OUT/NAME/TASK/seed-N/)
OUT/compare.json   means, spreads, differences and verdicts of every test figure; what each run was trained on
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...base.errors import UsageError
from ...base.files import read_json
from ...base.files import replace as replace_file
from ...evaluate.evaluation import figures_on
from ...recipe.config import Recipe
from ...recipe.filling import digest
from ..training_counts import TrainingCounts
from .contestants import Contestant
from .matching import ComparedRecipe
from .trial import ComparedRun
from .verdicts import verdict

Figures = dict[str, dict[str, float]]  # task -> figure -> value


class RecipeComparison:
    """Every contestant trained with `seeds` seeds, the recipe's and those that follow it.

    Runs that are done are not repeated, one that was interrupted goes on from its last checkpoint. Raises
    `UsageError` for fewer seeds than 1, and where `out` holds runs of other recipes.
    """

    def __init__(self, contestants: Sequence[Contestant], seeds: int, out: str | Path) -> None:
        if seeds < 1:
            raise UsageError(f"--seeds should be at least 1. Found {seeds}.")
        self.contestants = tuple(contestants)
        self.seeds = seeds
        self.out = Path(out)
        self.joints = {
            contestant.name: ComparedRecipe(recipe, self.out / folder)
            for contestant in contestants
            for folder, recipe in contestant.recipes
            if contestant.joint is None
        }

    def trials(self) -> list[ComparedRun]:
        """Return every run in the order of training: the first seed of all contestants before the second.

        Where steps are matched, data is read and each joint run's steps are counted here: before any training, so
        that what is wrong with them is reported at once.
        """
        found = [
            (contestant, replace(recipe, seed=recipe.seed + offset), self._seeds(folder, recipe)[offset])
            for offset in range(self.seeds)
            for contestant in self.contestants
            for folder, recipe in contestant.recipes
        ]
        trials = [
            ComparedRun(recipe, folder, number, len(found), self.joints.get(contestant.joint or ""), contestant.matched)
            for number, (contestant, recipe, folder) in enumerate(found, 1)
        ]
        for trial in trials:
            if trial.matched == "steps":
                _ = trial.recipe
        return trials

    def result(self) -> dict[str, Any]:
        """Return what the runs found, all of them being done, and write it to `compare.json`.

        `versions`: those that trained, by package. `runs`: by contestant `name`, `seeds` (their number), `first_seed`,
        `recipe` (SHA-256 of the recipe as compared, of the joint one for tasks alone), `matched` (null for a joint
        run), `trained`: by source its `tasks` and by seed `steps` and `rows`; where minutes are matched `minutes` by
        seed, of all tasks alone together; and `test`: by task and figure `mean`, `std` (of a sample; null for one seed)
        and `values` by seed. `differences`: of a joint contestant to its tasks alone, and of every joint one but the
        first to the first, by task and figure `mean` and `std` of the differences seed by seed, `low` and `high` of the
        mean's 95 % interval (null for one seed), and the `verdict` on the first of the two (see `.verdicts`).
        """
        figures = {contestant.name: self._figures(contestant) for contestant in self.contestants}
        result = {
            "versions": self._versions(),
            "runs": [
                {**self._described(contestant), "test": _summary(figures[contestant.name])}
                for contestant in self.contestants
            ],
            "differences": [
                {
                    "name": name,
                    "minus": other,
                    "test": _verdicts(_apart(figures[name], figures[other]), self._directions(name)),
                }
                for name, other in self._pairs()
            ],
        }
        replace_file(self.out / "compare.json", (json.dumps(result, indent=2, ensure_ascii=False) + "\n").encode())
        return result

    def _pairs(self) -> Iterator[tuple[str, str]]:
        """Yield what is compared with what: tasks jointly with tasks alone, every other recipe with the first."""
        first = self.contestants[0].name
        for contestant in self.contestants[1:]:
            yield (contestant.joint, contestant.name) if contestant.joint else (contestant.name, first)

    def _directions(self, name: str) -> dict[str, bool]:
        """Return, by `task.figure` of a joint contestant's test, whether more is better."""
        joint = self.joints[name]
        return figures_on(joint.graph, joint.prepared, "test")[0]

    def _versions(self) -> dict[str, list[str]]:
        """Return the versions of all packages that a run was trained with."""
        found: dict[str, dict[str, None]] = {}
        recipes = [one for contestant in self.contestants for one in contestant.recipes]
        for path in (path for folder, recipe in recipes for path in self._seeds(folder, recipe)):
            for package, version in TrainingCounts.of(path).versions.items():
                found.setdefault(package, {})[version] = None
        return {package: list(used) for package, used in found.items()}

    def _described(self, contestant: Contestant) -> dict[str, Any]:
        """Return all that is kept of a contestant but its figures.

        Minutes, which are never twice alike, only where they are matched.
        """
        joint = self.joints[contestant.joint or contestant.name].recipe
        found: dict[str, Any] = {
            "name": contestant.name,
            "seeds": self.seeds,
            "first_seed": joint.seed,
            "recipe": digest(joint),
            "matched": contestant.matched if contestant.joint else None,
            "trained": [],
        }
        minutes = [0.0] * self.seeds
        for folder, recipe in contestant.recipes:
            counts = [TrainingCounts.of(path) for path in self._seeds(folder, recipe)]
            minutes = [before + count.minutes for before, count in zip(minutes, counts, strict=True)]
            for source in dict.fromkeys(task.source for task in recipe.tasks.values()):
                tasks = [task.name for task in recipe.tasks.values() if task.source == source]
                steps = [count.steps.get(source, 0) for count in counts]
                rows = [count.rows.get(source, 0) for count in counts]
                found["trained"].append({"tasks": tasks, "source": source, "steps": steps, "rows": rows})
        if any(other.matched == "minutes" for other in self.contestants):
            found["minutes"] = minutes
        return found

    def _seeds(self, folder: str, recipe: Recipe) -> list[Path]:
        """Return the run folders of a recipe, seed by seed."""
        return [self.out / folder / f"seed-{recipe.seed + offset}" for offset in range(self.seeds)]

    def _figures(self, contestant: Contestant) -> list[Figures]:
        """Return a contestant's test figures, seed by seed."""
        found: list[Figures] = [{} for _ in range(self.seeds)]
        for folder, recipe in contestant.recipes:
            for path, figures in zip(self._seeds(folder, recipe), found, strict=True):
                figures.update(read_json(path / "metrics.json")["test"])
        return found


def _apart(mine: Sequence[Figures], theirs: Sequence[Figures]) -> list[Figures]:
    """Return differences seed by seed, of the figures that both have."""
    return [
        {
            task: {name: value - other[task][name] for name, value in figures.items() if name in other[task]}
            for task, figures in one.items()
            if task in other
        }
        for one, other in zip(mine, theirs, strict=True)
    ]


def _columns(by_seed: Sequence[Figures]) -> Iterator[tuple[str, str, list[float]]]:
    """Yield task, figure and the values by seed of each figure that every seed has."""
    for task, figures in by_seed[0].items():
        for name in figures:
            numbers = [seed[task][name] for seed in by_seed if name in seed.get(task, {})]
            if len(numbers) == len(by_seed):
                yield task, name, numbers


def _summary(by_seed: Sequence[Figures]) -> dict[str, dict[str, dict[str, Any]]]:
    """Return mean, spread and values of each figure."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for task, name, numbers in _columns(by_seed):
        found.setdefault(task, {})[name] = {**_mean_and_spread(numbers), "values": numbers}
    return found


def _verdicts(by_seed: Sequence[Figures], directions: Mapping[str, bool]) -> dict[str, dict[str, dict[str, Any]]]:
    """Return mean, spread, interval and verdict of each figure's differences."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for task, name, numbers in _columns(by_seed):
        said = verdict(numbers, higher_is_better=directions.get(f"{task}.{name}"))
        interval = {"low": said.low, "high": said.high, "verdict": said.verdict}
        found.setdefault(task, {})[name] = {**_mean_and_spread(numbers), **interval}
    return found


def _mean_and_spread(numbers: Sequence[float]) -> dict[str, float | None]:
    return {"mean": statistics.fmean(numbers), "std": statistics.stdev(numbers) if len(numbers) > 1 else None}
