"""Which source's batch comes next: mixtures of the streams that a recipe's tasks train on.

A *stream* is the set of tasks on one source; one batch of it serves all of them. Rates are of streams and count
batches (steps), never rows or tokens. An epoch is a number of steps that is known before training starts, so that
schedules can be laid over the whole of it; it is counted from the batches of every stream's first pass. A stream
that runs out within an epoch starts over, reshuffled; its position is carried over from epoch to epoch.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ..base.errors import Fault, UsageError, listing, near_miss
from ..base.registry import name_of, register
from ..recipe.training import TrainingStream as TrainingStream  # what a mixture draws, for those who make one


class Mixture:
    """Draws streams, one per step; its state is its position and that of its own random generator.

    Registered with `register("mixture", name)`; keyword-only arguments are recipe keys under `train.mixture`.
    `seed` is the recipe's, `epochs` is `train.epochs`. A subclass says by `weights` how likely each stream is, or
    overrides `draw` altogether. Streams in `left_out` are not to be drawn: where a mixture draws one all the same, it
    is asked again. One that is `adaptive` has rates that follow what training shows.
    """

    kind: ClassVar[str] = "mixture"
    adaptive: ClassVar[bool] = False

    def __init__(self, streams: Sequence[TrainingStream], seed: int, epochs: int) -> None:
        self.streams = tuple(streams)
        self.epochs = epochs
        self.position = 0
        self.left_out: frozenset[str] = frozenset()
        self.generator = random.Random(f"mixture {seed}")

    @property
    def epoch_steps(self) -> int:
        """Steps in an epoch: as many as all streams together have batches, unless the mixture says otherwise."""
        return sum(stream.batches for stream in self.streams)

    @property
    def epoch(self) -> int:
        """The epoch that the next draw belongs to, from 0."""
        return self.position // self.epoch_steps

    def weights(self) -> list[float]:
        """Return each stream's rate for the next draw; they need not add up to 1."""
        raise NotImplementedError

    def draw(self) -> str:
        """Return the name of the stream that gives the next batch."""
        weights = self.weights()
        if self.left_out:
            weights = [
                0.0 if stream.name in self.left_out else weight
                for stream, weight in zip(self.streams, weights, strict=True)
            ]
        chosen = self.generator.choices(self.streams, weights)[0]
        self.position += 1
        return chosen.name

    @classmethod
    def together(cls, one: int, other: int, streams: int, draws: int) -> bool:
        """Return whether two of so many streams, by their places, may be among the draws that make one step.

        By default they may. Asked where no stream is ever left out, of at least two draws.
        """
        return True

    def stepped(self, losses: Mapping[str, float]) -> None:
        """Take in the losses of a step by task: unweighted means over labelled rows."""

    def evaluated(self, metrics: Mapping[str, Mapping[str, float]]) -> None:
        """Take in the figures of an evaluation on dev by task; the streams' `figures` say whether more is better."""

    def state(self) -> dict[str, Any]:
        """Return all that the draws to come depend on, fit for JSON."""
        version, numbers, gauss = self.generator.getstate()
        return {"position": self.position, "generator": [version, list(numbers), gauss]}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Continue from where `state` was taken."""
        version, numbers, gauss = state["generator"]
        self.position = int(state["position"])
        self.generator.setstate((version, tuple(numbers), gauss))


@register("mixture", "round_robin")
class RoundRobin(Mixture):
    """One batch of each stream in turn, in the order of the recipe: every stream has the same rate.

    An epoch ends when the stream with most batches has been read once; the others start over as they run out.
    """

    @property
    def epoch_steps(self) -> int:
        """Steps in an epoch: streams times the batches of the longest."""
        return len(self.streams) * max(stream.batches for stream in self.streams)

    @classmethod
    def together(cls, one: int, other: int, streams: int, draws: int) -> bool:
        """Return whether both are in a round's part that makes a step: steps begin at the same few places again."""
        begins = range(0, streams, math.gcd(streams, draws))
        return any(all((place - begin) % streams < draws for place in (one, other)) for begin in begins)

    def draw(self) -> str:
        """Return the next stream in turn."""
        chosen = self.streams[self.position % len(self.streams)]
        self.position += 1
        return chosen.name


@register("mixture", "weighted")
class Weighted(Mixture):
    """Every step draws a stream at random, as often as its declared rate says.

    A rate counts batches: `{a: 2, b: 1}` draws two batches of `a` for one of `b` on average, however many rows
    either has. Every stream needs a rate. An epoch ends after as many steps as all streams together have batches.
    """

    def __init__(self, streams: Sequence[TrainingStream], seed: int, epochs: int, *, rates: dict[str, float]) -> None:
        super().__init__(streams, seed, epochs)
        names = [stream.name for stream in streams]
        for name in rates:
            if name not in names:
                raise UsageError(
                    Fault(
                        f"'{name}' should be a source that a task trains on: {listing(names)}.{near_miss(name, names)}",
                        path="train.mixture.rates",
                    )
                )
        for name in names:
            if name not in rates:
                raise UsageError(
                    Fault(f"source '{name}' should have a rate. There is none.", path="train.mixture.rates")
                )
            if not (math.isfinite(rates[name]) and rates[name] > 0):
                raise UsageError(
                    Fault(f"should be a positive number. Found {rates[name]:g}.", path=f"train.mixture.rates.{name}")
                )
        self.rates = [float(rates[name]) for name in names]

    def weights(self) -> list[float]:
        """Return the declared rates."""
        return self.rates


@register("mixture", "proportional")
class Proportional(Mixture):
    """Every batch of every stream once an epoch, in random order: a stream's rate is its share of the batches.

    A step draws one of the batches that are still left in the epoch; an epoch ends when none is left.
    """

    def __init__(self, streams: Sequence[TrainingStream], seed: int, epochs: int) -> None:
        super().__init__(streams, seed, epochs)
        self.left = [stream.batches for stream in streams]

    def weights(self) -> list[float]:
        """Return the batches left of each stream."""
        return [float(left) for left in self.left]

    def draw(self) -> str:
        """Return the stream of one of the batches that are left."""
        pairs = zip(self.streams, self.left, strict=True)
        if not any(left for stream, left in pairs if stream.name not in self.left_out):  # another epoch begins early
            self.left = [stream.batches for stream in self.streams]
        name = super().draw()
        self.left[[stream.name for stream in self.streams].index(name)] -= 1
        if not any(self.left):
            self.left = [stream.batches for stream in self.streams]
        return name

    def state(self) -> dict[str, Any]:
        """Return position, generator and what is left of the epoch."""
        return {**super().state(), "left": list(self.left)}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Continue from where `state` was taken."""
        super().load_state(state)
        self.left = [int(left) for left in state["left"]]


@register("mixture", "temperature")
class Temperature(Mixture):
    """Every step draws a stream at random, with rate rows ** (1 / temperature).

    At temperature 1 rates are proportional to the streams' training rows; at higher ones they are nearer to equal.
    Rates count batches. An epoch ends after as many steps as all streams together have batches.
    """

    def __init__(self, streams: Sequence[TrainingStream], seed: int, epochs: int, *, temperature: float = 2.0) -> None:
        super().__init__(streams, seed, epochs)
        if not temperature >= 1:
            raise UsageError(Fault(f"should be at least 1. Found {temperature:g}.", path="train.mixture.temperature"))
        self.temperature = temperature

    def weights(self) -> list[float]:
        """Return the streams' tempered sizes."""
        return tempered(self.streams, 1 / self.temperature)


@register("mixture", "annealed")
class Annealed(Mixture):
    """Every step draws a stream with rate rows ** exponent; the exponent goes from `start` to `end` by epoch.

    Training begins near the streams' own proportions (1) and ends nearer to equal rates (0). The exponent changes
    linearly from the first of `train.epochs` to the last and is constant within one. Rates count batches. An epoch
    ends after as many steps as all streams together have batches. After Stickland and Murray, "BERT and PALs"
    (2019), section 3.3.
    """

    def __init__(
        self, streams: Sequence[TrainingStream], seed: int, epochs: int, *, start: float = 1.0, end: float = 0.2
    ) -> None:
        super().__init__(streams, seed, epochs)
        for key, value in (("start", start), ("end", end)):
            if not 0 <= value <= 1:
                raise UsageError(
                    Fault(f"should be a number from 0 to 1. Found {value:g}.", path=f"train.mixture.{key}")
                )
        self.start, self.end = start, end

    def weights(self) -> list[float]:
        """Return the streams' sizes, tempered as the epoch asks."""
        done = min(1.0, self.epoch / (self.epochs - 1)) if self.epochs > 1 else 0.0
        return tempered(self.streams, self.start + (self.end - self.start) * done)


def tempered(streams: Sequence[TrainingStream], exponent: float) -> list[float]:
    """Return rows ** exponent of each stream."""
    return [stream.rows**exponent for stream in streams]


def build_mixture(
    cls: type[Mixture], values: Mapping[str, Any], streams: Sequence[TrainingStream], seed: int, epochs: int
) -> Mixture:
    """Build a registered mixture over streams that all have batches; raises `UsageError` where one has none."""
    for stream in streams:
        if stream.batches == 0:
            raise UsageError(f"source '{stream.name}' should have rows to train on. There are none.")
    if not streams:
        raise UsageError(f"the mixture '{name_of(cls)}' should have streams to draw. There are none.")
    return cls(streams, seed, epochs, **values)
