"""Which evaluation is the best one, and when training has stopped improving."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..base.errors import TrainingError, UsageError, listing, near_miss

if TYPE_CHECKING:
    from .gains import Gain


class Selection:
    """Scores evaluations by the weighted mean of declared metrics (`task.figure`), and counts those without progress.

    `weights` need not add up to 1; here those of figures of which less is better are negative. Where there are several,
    a figure without bound counts as one of its `gains` (see `mtl.evaluate.gains`), so that it swamps no other: its
    order of size is that of shares, and more of it is better. `patience` is how many
    evaluations in a row may fail to improve before training stops; None for no such end. Only a higher score is an
    improvement: of equal ones the earliest stays the best.
    """

    def __init__(
        self, weights: Mapping[str, float], patience: int | None, gains: Mapping[str, Gain] | None = None
    ) -> None:
        self.weights = dict(weights)
        several = sum(weight != 0 for weight in weights.values()) > 1
        self.gains = {name: gain for name, gain in (gains or {}).items() if name in weights and several}
        self.patience = patience
        self.best: float | None = None
        self.waited = 0

    def add(self, metrics: Mapping[str, Mapping[str, float]]) -> tuple[float, bool]:
        """Take in an evaluation; return its score and whether it is the best so far."""
        score = self.score(metrics)
        improved = self.best is None or score > self.best
        self.waited = 0 if improved else self.waited + 1
        if improved:
            self.best = score
        return score, improved

    def score(self, metrics: Mapping[str, Mapping[str, float]]) -> float:
        """Return the weighted mean; raises `TrainingError` where a metric has no finite value."""
        total = 0.0
        for name, weight in self.weights.items():
            task, _, figure = name.partition(".")
            value = metrics.get(task, {}).get(figure, math.nan)
            if not math.isfinite(value):
                raise TrainingError(f"train.select: '{name}' should have a value on the dev split. Found {value}.")
            total += weight * value if name not in self.gains else -weight * self.gains[name].of(value)
        return total / sum(abs(weight) for weight in self.weights.values())

    @property
    def left(self) -> int | None:
        """Evaluations without improvement that are left before training stops."""
        return None if self.patience is None else self.patience - self.waited

    @property
    def exhausted(self) -> bool:
        """Whether training should stop."""
        return self.left is not None and self.left <= 0

    def state(self) -> dict[str, Any]:
        """Return the best score and how many evaluations have passed since."""
        return {"best": self.best, "waited": self.waited}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Continue from where `state` was taken."""
        self.best, self.waited = state["best"], state["waited"]


def selection(
    declared: Mapping[str, float],
    patience: int | None,
    figures: Mapping[str, bool],
    first: Collection[str],
    gains: Mapping[str, Gain] | None = None,
) -> Selection | None:
    """Return how evaluations are compared (see `selecting`), or None without a dev split, which gives no `figures`.

    None, too, where none of the figures is one to select by: that of a task that is trained, or a declared one.

    Raises `UsageError` where the recipe wants evaluations compared, and there is no dev split to measure.
    """
    if not figures or not (declared or first):
        for key, value in {"select": dict(declared) or None, "patience": patience}.items():
            if value is not None:
                raise UsageError(
                    f"train.{key}: should come with a dev split of a source with labels. There is none: add one, or "
                    f"leave '{key}' out."
                )
        return None
    return Selection(selecting(declared, figures, first), patience, gains)


def selecting(declared: Mapping[str, float], figures: Mapping[str, bool], first: Iterable[str]) -> dict[str, float]:
    """Return the weights of selection: the declared ones, or those in `first` alike.

    `figures` says of every `task.figure` that an evaluation on the dev split gives whether more is better. Raises
    `UsageError` where a declared metric is not among them, or all weights are 0.
    """
    for name in declared:
        if name not in figures:
            raise UsageError(
                f"train.select: '{name}' should be a metric that the dev split gives: {listing(figures)}."
                f"{near_miss(name, figures)}"
            )
    chosen = dict(declared) or dict.fromkeys(first, 1.0)
    if not any(chosen.values()):
        raise UsageError("train.select: should give a metric a weight other than 0. It gives none.")
    return {name: weight if figures[name] else -weight for name, weight in chosen.items()}
