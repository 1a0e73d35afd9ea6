"""Recipes side by side: each trained with several seeds, and what their test figures are on average.

OUT/NAME/seed-N/   a run folder for each recipe and seed (a task alone: OUT/NAME/TASK/seed-N/)
OUT/compare.json   means, spreads and differences of every test figure
"""

from __future__ import annotations

import hashlib
import json
import re
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..base.errors import RecipeError, UsageError, listing
from ..base.files import read_json
from ..base.files import replace as replace_file
from ..base.progress import Report
from ..compile.alone import alone
from ..compile.loading import load_recipe
from ..graph.build import build_graph
from ..recipe.config import Recipe
from ..recipe.filling import digest
from ..sources.opening import open_sources
from ..train.checkpoint import Checkpoints
from .runner import Run

Figures = dict[str, dict[str, float]]  # task -> figure -> value
LONGEST = 200  # bytes of a folder's name, of the 255 that file systems take


@dataclass(frozen=True)
class Contestant:
    """What is compared under one name: a recipe, or the recipes of its tasks alone, whose figures belong together."""

    name: str
    recipes: tuple[tuple[str, Recipe], ...]  # folder (inside the comparison's), recipe


@dataclass(frozen=True)
class Trial:
    """One run of a comparison: a recipe with one seed, `number` of `total`, in a run folder."""

    recipe: Recipe
    folder: Path
    number: int
    total: int

    @property
    def done(self) -> bool:
        """Whether it was tested; raises `UsageError` where the folder holds a run of another recipe, or on other data.

        A run that was begun and not tested is compared with its data when it goes on (`mtl.train.resume`).
        """
        kept = self.folder / "recipe.yaml"
        if not kept.is_file():
            return False
        if digest(load_recipe(kept)) != digest(self.recipe):
            raise UsageError(
                f"'{self.folder}' should hold a run of the recipe that is compared. Found another recipe's. "
                "Name another folder with --out."
            )
        metrics = self.folder / "metrics.json"
        if not metrics.is_file() or "test" not in read_json(metrics):
            return False
        self._check_data()
        return True

    def _check_data(self) -> None:
        kept = read_json(Checkpoints(self.folder).path("last") / "state.json")["identity"]["data"]
        sources = open_sources(self.recipe)
        for name in dict.fromkeys(task.source for task in self.recipe.tasks.values()):
            for split in sources[name].splits:
                if kept.get(f"{name}/{split}") != sources[name].fingerprint(split, self.recipe.data):
                    raise UsageError(
                        f"'{self.folder}' should hold a run on the data that is compared on. Found that '{name}' had "
                        f"another {split} split. Delete the folder, or name another one with --out."
                    )

    def run(self) -> Iterator[Report]:
        """Train, from the last checkpoint on where there is one, and test; yields what training reports."""
        run = Run.start(self.recipe, self.folder, resume=self.folder.is_dir())
        yield from run.train()
        run.test()


def contestants(
    files: Sequence[str | Path],
    *,
    variants: Sequence[str] = (),
    single: bool = False,
    data: str | Path | None = None,
    overrides: Sequence[str] = (),
) -> list[Contestant]:
    """Return what is compared: each recipe, each variant of it, and with `single` each of them task by task.

    A variant is a text of settings, `a.b.c=value`, several of them separated by `;`. `overrides` hold for all. Raises
    `RecipeError` where one of them is no recipe, and `UsageError` where there are not two things to compare.
    """
    base = Path(data) if data is not None else None
    found: list[Contestant] = []
    names: set[str] = set()
    for file in files:
        for variant in ("", *variants):
            settings = [part.strip() for part in variant.split(";") if part.strip()]
            recipe = load_recipe(file, overrides=[*overrides, *settings], data=base)
            name = _free(f"{recipe.name} {'; '.join(settings)}".strip(), names)
            found.append(Contestant(name, ((slug(name), recipe),)))
            if single:
                if len(recipe.tasks) == 1:
                    raise UsageError(f"{file}: should have several tasks to train each alone. Found one.")
                lone = _free(f"{name}, each task alone", names)
                tasks = tuple((f"{slug(lone)}/{task}", alone(recipe, task)) for task in recipe.tasks)
                found.append(Contestant(lone, tasks))
    if len(found) < 2:
        raise UsageError(
            "there should be two things to compare: two recipes, a variant (--set), or each task alone (--single). "
            "Found one recipe."
        )
    for contestant in found:
        for _, recipe in contestant.recipes:
            _check(recipe)
    return found


def _check(recipe: Recipe) -> None:
    """Raise `RecipeError` for all that keeps a recipe from being compared."""
    sources = open_sources(recipe)
    faults = [
        recipe.sources[name].place.fault(
            f"should have a test split to compare by. Found {listing(sources[name].splits)}."
        )
        for name in build_graph(recipe).streams()
        if "test" not in sources[name].splits
    ]
    if faults:
        raise RecipeError(faults, recipe.title)


def _free(name: str, taken: set[str]) -> str:
    """Return a name whose folder nothing else has."""
    found, number = name, 1
    while slug(found) in taken:
        number += 1
        found = f"{name} ({number})"
    taken.add(slug(found))
    return found


def slug(name: str) -> str:
    """Return a name as one of a folder; one that is too long ends with a hash of the whole.

    >>> slug("demo train.optimizer.lr=1e-3; seed=2")
    'demo-train.optimizer.lr-1e-3-seed-2'
    """
    found = re.sub(r"[^\w.-]+", "-", name).strip("-.").encode()
    if len(found) > LONGEST:
        digest = hashlib.sha256(name.encode()).hexdigest()[:8]
        found = found[: LONGEST - 9] + f"-{digest}".encode()
    return found.decode(errors="ignore")  # a character may have been cut in two


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

    def trials(self) -> list[Trial]:
        """Return every run in the order of training: the first seed of all contestants before the second."""
        found = [
            (replace(recipe, seed=recipe.seed + offset), self.out / folder / f"seed-{recipe.seed + offset}")
            for offset in range(self.seeds)
            for contestant in self.contestants
            for folder, recipe in contestant.recipes
        ]
        return [Trial(*trial, number, len(found)) for number, trial in enumerate(found, 1)]

    def result(self) -> dict[str, Any]:
        """Return what the runs found, all of them being done, and write it to `compare.json`.

        `runs`: by contestant `name`, `seeds`, and `test`, by task and figure `mean`, `std` (of a sample; null for one
        seed) and `values` by seed. `differences`: of every contestant but the first to the first, `mean` and `std` of
        the differences seed by seed.
        """
        figures = {contestant.name: self._figures(contestant) for contestant in self.contestants}
        first, *others = figures
        result = {
            "runs": [
                {"name": name, "seeds": self.seeds, "test": _summary(by_seed, values=True)}
                for name, by_seed in figures.items()
            ],
            "differences": [
                {"name": name, "minus": first, "test": _summary(_apart(figures[name], figures[first]), values=False)}
                for name in others
            ],
        }
        replace_file(self.out / "compare.json", (json.dumps(result, indent=2, ensure_ascii=False) + "\n").encode())
        return result

    def _figures(self, contestant: Contestant) -> list[Figures]:
        """Return a contestant's test figures, seed by seed."""
        found: list[Figures] = [{} for _ in range(self.seeds)]
        for folder, recipe in contestant.recipes:
            for offset, figures in enumerate(found):
                kept = self.out / folder / f"seed-{recipe.seed + offset}" / "metrics.json"
                figures.update(read_json(kept)["test"])
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


def _summary(by_seed: Sequence[Figures], *, values: bool) -> dict[str, dict[str, dict[str, Any]]]:
    """Return mean and spread of each figure that every seed has."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for task, figures in by_seed[0].items():
        for name in figures:
            numbers = [seed[task][name] for seed in by_seed if name in seed.get(task, {})]
            if len(numbers) == len(by_seed):
                spread = statistics.stdev(numbers) if len(numbers) > 1 else None
                summary: dict[str, Any] = {"mean": statistics.fmean(numbers), "std": spread}
                found.setdefault(task, {})[name] = {**summary, **({"values": numbers} if values else {})}
    return found


def rows(result: Mapping[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    """Yield a comparison's table: task, figure, and a cell for each run, then for each difference."""
    parts = [*result["runs"], *result["differences"]]
    names = dict.fromkeys((task, name) for part in parts for task, figures in part["test"].items() for name in figures)
    for task, name in names:
        signs = [""] * len(result["runs"]) + ["+"] * len(result["differences"])
        yield task, name, [_cell(part["test"].get(task, {}).get(name), s) for part, s in zip(parts, signs, strict=True)]


def _cell(figure: Mapping[str, Any] | None, sign: str) -> str:
    if figure is None:
        return ""
    spread = f" ± {figure['std']:.4f}" if figure["std"] is not None else ""
    return f"{figure['mean']:{sign}.4f}{spread}"
