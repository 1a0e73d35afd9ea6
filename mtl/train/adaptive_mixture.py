"""Mixtures whose rates follow what training shows: distances from the best figures, or learning progress.

Rates change at evaluations and are constant between them. All streams have equal rates as long as nothing is known.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from ..base.errors import Fault, UsageError, listing, near_miss
from ..base.registry import register
from ..recipe.training import TrainingStream
from .mixture import Mixture


class Adaptive(Mixture):
    """A mixture whose rates are in proportion to a signal of each stream; `explore` is shared out evenly beside them.

    An epoch ends after as many steps as all streams together have batches.
    """

    adaptive: ClassVar[bool] = True

    def __init__(self, streams: Sequence[TrainingStream], seed: int, epochs: int, explore: float) -> None:
        super().__init__(streams, seed, epochs)
        if not 0 < explore <= 1:
            raise UsageError(
                Fault(f"should be a number above 0 and of at most 1. Found {explore:g}.", path="train.mixture.explore")
            )
        self.explore = explore

    def signals(self) -> list[float]:
        """Return what each stream's rate is in proportion to, from 0."""
        raise NotImplementedError

    def weights(self) -> list[float]:
        """Return rates that add up to 1, none below `explore` divided by the number of streams."""
        signals = self.signals()
        total, even = sum(signals), 1 / len(signals)
        shares = [signal / total for signal in signals] if total > 0 else [even] * len(signals)
        return [self.explore * even + (1 - self.explore) * share for share in shares]

    def need_figures(self) -> None:
        """Raise `UsageError` where no task of a stream has a figure on dev."""
        for stream in self.streams:
            if not stream.figures:
                raise UsageError(
                    Fault(
                        f"source '{stream.name}' should have a dev split with labels, for its rate to "
                        "follow the figures there. There is none.",
                        path="train.mixture",
                    )
                )


@register("mixture", "gap")
class Gap(Adaptive):
    """Streams whose tasks are furthest from their best on dev get more, with rate gap ** (1 / temperature).

        `best` says of a `task.figure` what it is expected to come to, as of that task trained alone: its gap is 1 -
    figure / best, for errors 1 - best / figure, and 0 beyond. A task that `best` does not name has the gap of its
    first figure to the best one that this training has had. A stream's gap is the mean of its figures'. Before the
    first evaluation, and where no gap is left, rates are equal. Rates count batches; a part of `explore` of them is
    shared out evenly. An epoch ends after as many steps as all streams together have batches. After Gottumukkala et
    al., "Dynamic Sampling Strategies for Multi-Task Reading Comprehension" (2020), and Sharma et al., "Learning to
    Multi-Task by Active Sampling" (2017).
    """

    def __init__(
        self,
        streams: Sequence[TrainingStream],
        seed: int,
        epochs: int,
        *,
        best: dict[str, float] | None = None,
        temperature: float = 1.0,
        explore: float = 0.1,
    ) -> None:
        super().__init__(streams, seed, epochs, explore)
        best = best or {}
        figures = [name for stream in streams for name in stream.figures]
        for name, value in best.items():
            if name not in figures:
                raise UsageError(
                    Fault(
                        f"'{name}' should be a figure that the dev split gives: {listing(figures)}."
                        f"{near_miss(name, figures)}",
                        path="train.mixture.best",
                    )
                )
            if not 0 < value < math.inf:
                raise UsageError(
                    Fault(f"'{name}' should be a number above 0. Found {value:g}.", path="train.mixture.best")
                )
        if not temperature > 0:
            raise UsageError(
                Fault(f"should be a number above 0. Found {temperature:g}.", path="train.mixture.temperature")
            )
        self.need_figures()
        self.best = dict(best)
        self.temperature = temperature
        self.watched = [watched(stream, best) for stream in streams]
        self.now: dict[str, float] = {}
        self.own: dict[str, float] = {}  # the best of this training, of figures without another

    def evaluated(self, metrics: Mapping[str, Mapping[str, float]]) -> None:
        """Take in how far the figures are."""
        for stream, names in zip(self.streams, self.watched, strict=True):
            for name in names:
                value = figure_of(metrics, name)
                if value is None:
                    continue
                self.now[name] = value
                if name not in self.best:
                    pick = max if stream.figures[name] else min
                    self.own[name] = pick(value, self.own.get(name, value))

    def signals(self) -> list[float]:
        """Return each stream's gap, tempered."""
        gaps = []
        for stream, names in zip(self.streams, self.watched, strict=True):
            found = [
                gap(self.now[name], self.best.get(name, self.own.get(name, 0.0)), stream.figures[name])
                for name in names
                if name in self.now
            ]
            gaps.append(sum(found) / len(found) if found else 0.0)
        return [found ** (1 / self.temperature) for found in gaps]

    def state(self) -> dict[str, Any]:
        """Return position, generator and the figures found."""
        return {**super().state(), "now": dict(self.now), "own": dict(self.own)}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Continue from where `state` was taken."""
        super().load_state(state)
        self.now, self.own = dict(state["now"]), dict(state["own"])


@register("mixture", "progress")
class Progress(Adaptive):
    """Streams that learn most per step get more: rates are in proportion to the gains since the last evaluation.

    `by: score` goes by the first dev figure of each task, `by: loss` by the mean training loss between evaluations. A
    gain is the difference to the evaluation before as a part of the larger of the two, the mean over a stream's tasks,
    divided by the stream's steps between them, and smoothed: `smoothing` times what was known, and the rest of it new.
    A loss counts as none; a stream of which nothing is known yet gets as much as the one that gains most. Rates count
    batches; a part of `explore` of them is shared out evenly. An epoch ends after as many steps as all streams together
    have batches. After Graves et al., "Automated Curriculum Learning for Neural Networks" (2017), and Matiisen et al.,
    "Teacher-Student Curriculum Learning" (2017), the online algorithm.
    """

    def __init__(
        self,
        streams: Sequence[TrainingStream],
        seed: int,
        epochs: int,
        *,
        by: Literal["score", "loss"] = "score",
        smoothing: float = 0.5,
        explore: float = 0.2,
    ) -> None:
        super().__init__(streams, seed, epochs, explore)
        if not 0 <= smoothing < 1:
            raise UsageError(
                Fault(f"should be a number from 0 to below 1. Found {smoothing:g}.", path="train.mixture.smoothing")
            )
        self.need_figures()  # also by loss: it is at evaluations that rates change
        self.by_loss = by == "loss"
        self.smoothing = smoothing
        self.before: dict[str, float] = {}  # by figure or task
        self.gains: dict[str, float] = {}  # by stream
        self.steps = {stream.name: 0 for stream in streams}  # since the last evaluation
        self.losses: dict[str, list[float]] = {}  # by task: their sum and number since then

    def draw(self) -> str:
        """Return the name of the stream that gives the next batch, and count it."""
        name = super().draw()
        self.steps[name] += 1
        return name

    def stepped(self, losses: Mapping[str, float]) -> None:
        """Add up losses until the next evaluation."""
        if self.by_loss:
            for task, loss in losses.items():
                total, count = self.losses.get(task, [0.0, 0.0])
                self.losses[task] = [total + loss, count + 1]

    def evaluated(self, metrics: Mapping[str, Mapping[str, float]]) -> None:
        """Take in what each stream has gained."""
        for stream in self.streams:
            gains = []
            for name, value, more_is_better in self._measured(stream, metrics):
                if name in self.before:
                    gains.append(gain(self.before[name], value, more_is_better))
                self.before[name] = value
            if gains and self.steps[stream.name]:
                new = sum(gains) / len(gains) / self.steps[stream.name]
                old = self.gains.get(stream.name, new)
                self.gains[stream.name] = self.smoothing * old + (1 - self.smoothing) * new
            self.steps[stream.name] = 0
        self.losses = {}

    def _measured(
        self, stream: TrainingStream, metrics: Mapping[str, Mapping[str, float]]
    ) -> list[tuple[str, float, bool]]:
        """Return what is compared of a stream: names, values, and whether more is better."""
        if self.by_loss:
            tasks = [task for task in stream.tasks if task in self.losses]
            return [(task, self.losses[task][0] / self.losses[task][1], False) for task in tasks]
        found = [(name, figure_of(metrics, name)) for name in watched(stream, {})]
        return [(name, value, stream.figures[name]) for name, value in found if value is not None]

    def signals(self) -> list[float]:
        """Return each stream's smoothed gain, 0 where it has lost."""
        most = max(self.gains.values(), default=0.0)
        return [max(0.0, self.gains.get(stream.name, most)) for stream in self.streams]

    def state(self) -> dict[str, Any]:
        """Return position, generator, gains and what has been seen since the last evaluation."""
        seen = {"before": dict(self.before), "gains": dict(self.gains)}
        return {**super().state(), **seen, "drawn": dict(self.steps), "losses": dict(self.losses)}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Continue from where `state` was taken."""
        super().load_state(state)
        self.before, self.gains = dict(state["before"]), dict(state["gains"])
        self.steps, self.losses = dict(state["drawn"]), dict(state["losses"])


def watched(stream: TrainingStream, chosen: Mapping[str, float]) -> list[str]:
    """Return the figures of a stream that are chosen, and of each task without any such its first."""
    found = []
    for task in dict.fromkeys(name.split(".")[0] for name in stream.figures):
        own = [name for name in stream.figures if name.split(".")[0] == task]
        found += [name for name in own if name in chosen] or own[:1]
    return found


def figure_of(metrics: Mapping[str, Mapping[str, float]], name: str) -> float | None:
    """Return a `task.figure` of an evaluation, None where it has no finite value."""
    task, _, figure = name.partition(".")
    value = metrics.get(task, {}).get(figure, math.nan)
    return value if math.isfinite(value) else None


def gap(value: float, best: float, more_is_better: bool) -> float:
    """Return how far a figure is from its best, as a part of the larger of the two.

    >>> gap(0.25, 0.5, True), gap(0.9, 0.8, True), gap(4.0, 3.0, False)
    (0.5, 0.0, 0.25)
    """
    low, high = (value, best) if more_is_better else (best, value)
    return (high - low) / abs(high) if high > low and high else 0.0


def gain(before: float, now: float, more_is_better: bool) -> float:
    """Return how much better a figure is than before, as a part of the larger of the two.

    >>> gain(0.25, 0.5, True), gain(2.0, 1.0, False), gain(0.0, 0.0, True)
    (0.5, 0.5, 0.0)
    """
    larger = max(abs(before), abs(now))
    return (now - before if more_is_better else before - now) / larger if larger else 0.0
