"""What each task alone gets of training, so that it is compared fairly: as many epochs, steps or minutes.

epochs    the recipe's own `epochs` and `max_steps` (and `minutes`, if it has them), counted over the task's own source
steps     as many steps as the joint run has on batches of the task's source: its mixture is drawn to the end
minutes   as much time as the joint run's training took, times the source's part of its steps, divided evenly among the
          trained tasks on that source: all tasks alone take as long as the joint run

For steps and minutes, evaluations, warm-up and decay by epochs keep their proportion to the steps on the task's source.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ...base.errors import UsageError, near_miss
from ...base.files import read_json
from ...data.prepare import prepare
from ...graph.build import build_graph
from ...recipe.config import Recipe
from ...sources.opening import open_sources
from ...train.optimizer import in_proportion
from ...train.parts import known_in_training
from ...train.step_counts import Epoch, StepCounts, epoch_of, step_counts
from ..read_data import cache_folder
from ..training_counts import TrainingCounts

if TYPE_CHECKING:
    from ...data.prepared import Prepared
    from ...graph.sharing_graph import SharingGraph

MATCHES = {
    "epochs": "Each task alone has the recipe's number of epochs, and of steps at most, over its own source.",
    "steps": "Each task alone has as many steps on its source as the joint run of the same seed was to have on it.",
    "minutes": "Each task alone has the minutes that the joint run of the same seed took, times its source's part of "
    "that run's steps, divided by the tasks on that source.",
}
WITHOUT_END = 1_000_000  # epochs, where time ends the training


def match_of(recipe: Recipe, asked: str | None) -> str:
    """Return what is matched: what was asked for or, by default, steps; minutes where training decides on steps.

    Raises `UsageError` for anything else, and for steps where a time budget ends the joint run nobody knows when, or
    where evaluations decide which source is drawn.
    """
    decided = known_in_training(recipe.train)
    if asked is None:
        return "steps" if recipe.train.minutes is None and decided is None else "minutes"
    if asked not in MATCHES:
        raise UsageError(f"--match should be epochs, steps or minutes. Found '{asked}'.{near_miss(asked, MATCHES)}")
    if asked == "steps" and recipe.train.minutes is not None:
        raise UsageError(
            f"{recipe.title}: should have a number of steps that is known before training, to match them. Found "
            f"train.minutes: {recipe.train.minutes:g}. Use --match minutes, or leave train.minutes out."
        )
    if asked == "steps" and decided is not None:
        found = f"train.mixture: '{recipe.train.mixture.type}'" if decided == "mixture" else "train.rest"
        raise UsageError(
            f"{recipe.title}: should have steps on each source that are known before training, to match them. Found "
            f"{found}, by which evaluations decide. Use --match minutes or --match epochs."
        )
    return asked


@dataclass(frozen=True)
class ComparedRecipe:
    """A recipe that is compared, and where its runs are: `folder/seed-N`; its data is read on first use, once."""

    recipe: Recipe
    folder: Path

    @cached_property
    def graph(self) -> SharingGraph:
        """Its sharing graph."""
        return build_graph(self.recipe)

    @cached_property
    def prepared(self) -> Prepared:
        """Its data."""
        return prepare(self.graph, open_sources(self.recipe), cache_folder())

    @cached_property
    def _drawn(self) -> dict[int, StepCounts]:
        return {}

    def steps(self, seed: int) -> StepCounts:
        """Return the steps of a run that nothing ends early, and those of each source; they are drawn once."""
        if seed not in self._drawn:
            self._drawn[seed] = step_counts(build_graph(replace(self.recipe, seed=seed)), self.prepared)
        return self._drawn[seed]

    def run(self, seed: int) -> Path:
        """Return the folder of a run."""
        return self.folder / f"seed-{seed}"

    def tested(self, seed: int) -> bool:
        """Whether a run has ended: it was tested after it was trained."""
        return tested(self.run(seed))

    def matched(self, lone: Recipe, match: str) -> Recipe:
        """Return the recipe of one task alone as it is trained to be compared with the joint run of its seed.

        Raises `UsageError` where the joint run has no step on the task's source, or where its minutes are wanted and
        it has not ended.
        """
        if match == "epochs":
            return lone
        graph = build_graph(replace(self.recipe, seed=lone.seed))
        epoch = epoch_of(graph, self.prepared)
        if match == "steps":
            return in_steps(lone, epoch, self.steps(lone.seed))
        if not self.tested(lone.seed):
            raise UsageError(
                f"'{self.run(lone.seed)}' should hold a joint run that has ended: each task alone gets a part of its "
                "minutes. There is none. Let that run come first."
            )
        counts = TrainingCounts.of(self.run(lone.seed))
        found = in_steps(lone, epoch, StepCounts(counts.total, counts.steps))
        (source,) = lone.sources
        part = counts.steps[source] / sum(counts.steps.values()) / len(graph.trained_streams()[source])
        minutes = max(0.0001, round(counts.minutes * part, 4))
        return replace(found, train=replace(found.train, epochs=WITHOUT_END, max_steps=None, minutes=minutes))


def tested(run: Path) -> bool:
    """Return whether a run's folder has figures of the test split."""
    metrics = run / "metrics.json"
    return metrics.is_file() and "test" in read_json(metrics)


def in_steps(lone: Recipe, epoch: Epoch, steps: StepCounts) -> Recipe:
    """Return a task's recipe with the joint run's `steps` on its source, all that is laid over them in proportion."""
    (source,) = lone.sources
    own, total = steps.of.get(source, 0), steps.total
    if not own:
        raise UsageError(
            f"the joint run should have a step on every source, for the tasks alone to have as many. There is none on "
            f"'{source}' with seed {lone.seed}. Train longer (train.epochs, train.max_steps), or use --match epochs."
        )
    config = lone.train
    epochs = (own * epoch.steps) / (epoch.passes[source] * total)
    values = in_proportion(config.schedule.cls, config.schedule.values, steps=own / total, epochs=epochs)
    every = evaluated_every(config.evaluate_every or epoch.steps, own, total)
    train = replace(
        config,
        epochs=own,  # at least one step each, so that `max_steps` is what ends it
        max_steps=own,
        step="stream",  # whatever the joint run's steps hold, the task's own stream is one batch of each
        evaluate_every=every,
        schedule=replace(config.schedule, values=values),
    )
    return replace(lone, train=train)


def evaluated_every(every: int, own: int, total: int) -> int:
    """Return the steps between evaluations in `own` steps, so that they are as many as in `total`, or nearly.

    >>> evaluated_every(10, 15, 50), evaluated_every(10, 3, 50)
    (3, 1)
    """
    wanted = math.ceil(total / every)
    below = max(1, every * own // total)
    return min((below, below + 1), key=lambda steps: (abs(math.ceil(own / steps) - wanted), steps))
