"""Which evaluation is the best one, and when training has stopped improving."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..base.errors import TrainingError, UsageError, listing, near_miss
from ..recipe.place import Place

if TYPE_CHECKING:
    from .gains import Gains

PlaceOf = Callable[[str], Place]


def _unwritten(key: str) -> Place:
    return Place(path=f"train.{key}")


class Selection:
    """Scores evaluations by the weighted mean of declared metrics (`task.figure`), and counts those without progress.

    `weights` need not add up to 1; here those of figures of which less is better are negative. Where there are several,
    a figure without bound counts as one of its `gains` (see `mtl.evaluate.gains`), so that it swamps no other: its
    order of size is that of shares, and more of it is better. `patience` is how many
    evaluations in a row may fail to improve before training stops; None for no such end. Only a higher score is an
    improvement: of equal ones the earliest stays the best.
    """

    def __init__(self, weights: Mapping[str, float], patience: int | None, gains: Gains | None = None) -> None:
        self.weights = dict(weights)
        several = sum(weight != 0 for weight in weights.values()) > 1
        self.gains = {n: gain for n, gain in (gains or {}).items() if gain is not None and n in weights and several}
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
                rows = ", or give dev rows from which it can be computed" if math.isnan(value) else ""
                raise TrainingError(
                    f"train.select: '{name}' should have a value on the dev split. Found {value}. Write a 'select' "
                    f"without it{rows}."
                )
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
    gains: Gains | None = None,
    place_of: PlaceOf = _unwritten,
) -> Selection | None:
    """Return how evaluations are compared (see `selecting`), or None without a dev split, which gives no `figures`.

    None, too, where none of the figures is one to select by: that of a task that is trained, or a declared one.
    `place_of` says where a key of `train` is written.

    Raises `UsageError` where the recipe wants evaluations compared, and there is no dev split to measure.
    """
    if not figures or not (declared or first):
        faults = [
            place_of(key).fault(
                f"should come with a dev split of a source with labels. There is none: add one, or leave '{key}' out."
            )
            for key, value in {"select": dict(declared) or None, "patience": patience}.items()
            if value is not None
        ]
        if faults:
            raise UsageError(*faults)
        return None
    return Selection(selecting(declared, figures, first, gains, place_of), patience, gains)


def selecting(
    declared: Mapping[str, float],
    figures: Mapping[str, bool],
    first: Iterable[str],
    gains: Gains | None = None,
    place_of: PlaceOf = _unwritten,
) -> dict[str, float]:
    """Return the weights of selection: the declared ones, or those in `first` alike.

    `figures` says of every `task.figure` that an evaluation on the dev split gives whether more is better. Raises
    `UsageError` where a declared metric is not among them, all weights are 0, or one of several figures has no bound
    and no gain by which it could be added to the others.
    """
    place = place_of("select")
    faults = [
        place.fault(
            f"'{name}' should be a metric that the dev split gives: {listing(figures)}.{near_miss(name, figures)}"
        )
        for name in declared
        if name not in figures
    ]
    chosen = dict(declared) or dict.fromkeys(first, 1.0)
    weighed = [name for name, weight in chosen.items() if weight]
    if not weighed:
        faults.append(place.fault("should give a metric a weight other than 0. It gives none."))
    for name in weighed if len(weighed) > 1 else ():
        if gains is not None and gains.get(name, name) is None:
            faults.append(
                place.fault(
                    f"should add up figures of one scale. Found '{name}', which has no bound, and on dev nothing to be "
                    "compared with, so it would decide alone. Write 'select' without it, or 'bounded = True' in its "
                    "metric if it has a bound."
                )
            )
    if faults:
        raise UsageError(*faults)
    return {name: weight if figures[name] else -weight for name, weight in chosen.items()}
