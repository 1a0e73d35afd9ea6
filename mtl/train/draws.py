"""What a step is made of: batches of one stream, of every stream, or of several draws of the mixture."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from .mixture import Mixture

if TYPE_CHECKING:
    from ..data.batch import Batch
    from ..data.feed import Feed


class Draw(NamedTuple):
    """What one stream gives to a step: batches, for these tasks."""

    source: str
    tasks: tuple[str, ...]
    batches: Sequence[Batch]


class Draws:
    """Draws the streams of one step after another, and counts the steps of an epoch.

    `step` is how a step is made: `stream` of one that the mixture draws, `all` of every one, a number of so many draws.
    A stream gives up to `accumulate` of its batches for a draw. Streams that are drawn several times in a step are
    there once, with all their batches.
    """

    def __init__(self, mixture: Mixture, feeds: Mapping[str, Feed], step: str | int, accumulate: int) -> None:
        self.mixture = mixture
        self.feeds = feeds
        self.accumulate = accumulate
        self.every = step == "all"
        self.times = step if isinstance(step, int) else 1
        self.position = 0
        longest = max(stream.batches for stream in mixture.streams)
        self.epoch_steps = longest if self.every else math.ceil(mixture.epoch_steps / self.times)

    @property
    def epoch(self) -> int:
        """The epoch that the next step belongs to, from 0."""
        return self.position // self.epoch_steps

    def names(self) -> list[str]:
        """Return the streams of the next step, as often as each is drawn."""
        self.position += 1
        return list(self.feeds) if self.every else [self.mixture.draw() for _ in range(self.times)]

    def next(self) -> list[Draw]:
        """Return what the streams give to the next step, in the order in which they were drawn."""
        found: dict[str, list[Batch]] = {}
        for name in self.names():
            found.setdefault(name, []).extend(self.feeds[name].group(self.accumulate))
        return [Draw(name, self.feeds[name].tasks, batches) for name, batches in found.items()]

    def state(self) -> dict[str, Any]:
        """Return all that the steps to come depend on, fit for JSON."""
        return {
            "steps": self.position,
            "mixture": self.mixture.state(),
            "feeds": {source: feed.state() for source, feed in self.feeds.items()},
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Continue from where `state` was taken."""
        self.position = int(state["steps"])
        self.mixture.load_state(state["mixture"])
        for source, feed in self.feeds.items():
            feed.seek(state["feeds"][source])
