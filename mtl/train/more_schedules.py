"""Schedules that look at evaluations, go up before they go down, or go up and down again and again."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..base.errors import Fault, UsageError
from ..base.registry import register
from .optimizer import Schedule, share


@register("schedule", "plateau")
class Plateau(Schedule):
    """Multiplied by `factor` whenever `patience` evaluations on dev in a row were no better than the best one before.

    Evaluations are compared as `train.select` says. The rate never falls below `end` times the declared rate.
    """

    needs_dev = True

    def __init__(
        self,
        steps: int,
        epoch_steps: int,
        *,
        warmup: int = 0,
        factor: float = 0.5,
        patience: int = 2,
        end: float = 0.0,
    ) -> None:
        super().__init__(steps, epoch_steps, warmup=warmup)
        if not 0 < factor < 1:
            raise UsageError(
                Fault(f"should be a number above 0 and below 1. Found {factor:g}.", path="train.schedule.factor")
            )
        if patience < 1:
            raise UsageError(
                Fault(
                    f"should be a number of evaluations, at least 1. Found {patience}.", path="train.schedule.patience"
                )
            )
        self.times, self.patience, self.end = factor, patience, share("end", end)
        self.current = 1.0
        self.best: float | None = None
        self.waited = 0

    def decay(self, step: int) -> float:
        """Return what the evaluations so far have left of the rate."""
        return self.current

    def evaluated(self, score: float) -> None:
        """Count evaluations without progress, and begin to count anew where the rate falls."""
        improved = self.best is None or score > self.best
        self.best = score if improved else self.best
        self.waited = 0 if improved else self.waited + 1
        if self.waited >= self.patience:
            self.current, self.waited = max(self.end, self.current * self.times), 0

    def state(self) -> dict[str, Any]:
        """Return what evaluations have shown."""
        return {"current": self.current, "best": self.best, "waited": self.waited}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Continue from where `state` was taken."""
        self.current, self.best, self.waited = state["current"], state["best"], state["waited"]


@register("schedule", "one_cycle")
class OneCycle(Schedule):
    """Up from `start` times the declared rate along half a cosine, for `rise` of the steps, and down to `end` times it.

    Source: Smith and Topin (2018), "Super-Convergence"; with cosines, as fastai has it.
    """

    def __init__(
        self,
        steps: int,
        epoch_steps: int,
        *,
        warmup: int = 0,
        rise: float = 0.3,
        start: float = 0.04,
        end: float = 0.0,
    ) -> None:
        super().__init__(steps, epoch_steps, warmup=warmup)
        if not 0 < rise < 1:
            raise UsageError(
                Fault(f"should be a number above 0 and below 1. Found {rise:g}.", path="train.schedule.rise")
            )
        self.rise, self.start, self.end = rise, share("start", start), share("end", end)

    def decay(self, step: int) -> float:
        """Return the factor on the curve."""
        done = self.progress(step)
        if done < self.rise:
            return _between(self.start, 1.0, done / self.rise)
        return _between(1.0, self.end, (done - self.rise) / (1 - self.rise))


@register("schedule", "cyclic")
class Cyclic(Schedule):
    """Up and down in straight lines between `low` times the declared rate and the rate itself, `cycles` times.

    Cycles have equal length, over all steps. `shrink` multiplies the height of each cycle by that of the one before:
    1 keeps it (`triangular`), 0.5 halves it (`triangular2`). Source: Smith (2017), "Cyclical Learning Rates for
    Training Neural Networks", section 3.
    """

    def __init__(
        self,
        steps: int,
        epoch_steps: int,
        *,
        warmup: int = 0,
        cycles: int = 5,
        low: float = 0.1,
        shrink: float = 1.0,
    ) -> None:
        super().__init__(steps, epoch_steps, warmup=warmup)
        if cycles < 1:
            raise UsageError(
                Fault(f"should be a number of cycles, at least 1. Found {cycles}.", path="train.schedule.cycles")
            )
        self.cycles, self.low, self.shrink = cycles, share("low", low), share("shrink", shrink)

    def decay(self, step: int) -> float:
        """Return the factor on the line."""
        done = self.progress(step) * self.cycles
        number = min(int(done), self.cycles - 1)
        height = 1 - abs(2 * (done - number) - 1)
        return self.low + (1 - self.low) * height * self.shrink**number


def _between(one: float, other: float, part: float) -> float:
    return other + (one - other) * (1 + math.cos(math.pi * part)) / 2
