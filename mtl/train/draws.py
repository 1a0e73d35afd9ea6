"""What a step is made of: batches of one stream, of every stream, or of several draws of the mixture."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from torch import Tensor

from ..base.errors import TrainingError, counted
from ..base.registry import name_of
from .mixture import Mixture
from .rest import Change, Rest

ASKED = 10_000  # times that a mixture is asked for a stream that may be drawn

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
    there once, with all their batches. A stream is drawn no more after the number of draws that `budgets` gives it, and
    not while it rests. Raises `TrainingError` where a mixture draws only streams that are left out.
    """

    def __init__(
        self,
        mixture: Mixture,
        feeds: Mapping[str, Feed],
        step: str | int,
        accumulate: int,
        budgets: Mapping[str, int] = MappingProxyType({}),
        rest: Rest | None = None,
    ) -> None:
        self.mixture = mixture
        self.feeds = feeds
        self.accumulate = accumulate
        self.every = step == "all"
        self.times = step if isinstance(step, int) else 1
        self.position = 0
        self.budgets = dict(budgets)
        self.left = dict(budgets)
        self.rest = rest
        self._changes: list[Change] = []
        longest = max(stream.batches for stream in mixture.streams)
        self.epoch_steps = longest if self.every else math.ceil(mixture.epoch_steps / self.times)

    @property
    def epoch(self) -> int:
        """The epoch that the next step belongs to, from 0."""
        return self.position // self.epoch_steps

    def names(self) -> list[str]:
        """Return the streams of the next step, as often as each is drawn."""
        self.position += 1
        found = self.drawable if self.every else []
        while not self.every and len(found) < self.times and self.drawable:
            found.append(self._drawn())
            self._count(found[-1])
        for name in found if self.every else ():
            self._count(name)
        return found

    @property
    def spent(self) -> frozenset[str]:
        """The streams that have had all their draws."""
        return frozenset(name for name, left in self.left.items() if left == 0)

    @property
    def drawable(self) -> list[str]:
        """The streams that may be drawn; where there is none, training has ended."""
        out = self.spent | set(self.rest.resting if self.rest is not None else ())
        return [name for name in self.feeds if name not in out]

    @property
    def most_steps(self) -> int | None:
        """Steps after which every stream has had all its draws; None where one has no such end."""
        if set(self.budgets) != set(self.feeds):
            return None
        draws = list(self.budgets.values())
        return max(draws) if self.every else math.ceil(sum(draws) / self.times)

    def _drawn(self) -> str:
        drawable = self.drawable
        self.mixture.left_out = frozenset(self.feeds) - set(drawable)
        for _ in range(ASKED):
            name = self.mixture.draw()
            if name in drawable:
                return name
        raise TrainingError(
            f"the mixture '{name_of(type(self.mixture))}' should draw one of the sources that may be drawn: "
            f"{', '.join(drawable)}. Found others {ASKED:,} times in a row; it should heed 'left_out'."
        )

    def _count(self, name: str) -> None:
        if name in self.left:
            self.left[name] -= 1
            if self.left[name] == 0:
                count = self.budgets[name]
                reason = f"it has had its {counted(count, 'draw')} (train.streams.{name}.steps)"
                self._changes.append(Change(name, "spent", reason))

    def stepped(self, losses: Mapping[str, float]) -> None:
        """Take in the losses of the step that was drawn last."""
        self.mixture.stepped(losses)

    def evaluated(self, metrics: Mapping[str, Mapping[str, float]]) -> None:
        """Take in what an evaluation found."""
        self.mixture.evaluated(metrics)
        if self.rest is not None:
            self._changes += self.rest.add(metrics, self.spent)

    def changes(self) -> list[Change]:
        """Return what has happened to streams since this was asked last."""
        found, self._changes = self._changes, []
        return found

    def next(self) -> list[Draw]:
        """Return what the streams give to the next step, in the order in which they were drawn."""
        found: dict[str, list[Batch]] = {}
        for name in self.names():
            found.setdefault(name, []).extend(self.feeds[name].group(self.accumulate))
        return [Draw(name, self.feeds[name].tasks, batches) for name, batches in found.items()]

    def state(self) -> dict[str, Any]:
        """Return all that the steps to come depend on, fit for JSON."""
        rest = {} if self.rest is None else {"rest": self.rest.state()}
        return {
            "steps": self.position,
            "mixture": self.mixture.state(),
            "feeds": {source: feed.state() for source, feed in self.feeds.items()},
            **({"left": dict(self.left)} if self.left else {}),
            **rest,
        }

    @property
    def carrying(self) -> bool:
        """Whether a stream is in the middle of a running text."""
        return any(feed.carried is not None and feed.index for feed in self.feeds.values())

    def tensors(self) -> dict[str, Tensor]:
        """Return what is carried to the next batches of running texts, by stream and module."""
        return {
            f"{source}/{name}": tensor
            for source, feed in self.feeds.items()
            if feed.carried is not None
            for name, tensor in feed.carried.tensors().items()
        }

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Continue from where `tensors` were taken, after `load_state`."""
        for source, feed in self.feeds.items():
            if feed.carried is not None:
                own = {name: tensor for name, tensor in tensors.items() if name.startswith(f"{source}/")}
                feed.carried.load({name.removeprefix(f"{source}/"): tensor for name, tensor in own.items()})

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Continue from where `state` was taken."""
        self.position = int(state["steps"])
        self.mixture.load_state(state["mixture"])
        for source, feed in self.feeds.items():
            feed.seek(state["feeds"][source])
        self.left = dict(state.get("left", self.left))
        if self.rest is not None:
            self.rest.load_state(state["rest"])
