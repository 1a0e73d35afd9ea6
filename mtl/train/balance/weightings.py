"""Factors of losses that change as training goes on. All of them are computed from the losses alone, but GradNorm's."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from ...base.registry import register
from .base import Balance

if TYPE_CHECKING:
    from torch import Tensor

Positive = Annotated[float, Field(gt=0)]
FromZero = Annotated[float, Field(ge=0)]
SMALLEST = 1e-8  # a loss below counts as this much where its logarithm or quotient is taken


class Descent:
    """Numbers by task that Adam moves against their gradients (Kingma and Ba, 2015), each task at its own pace."""

    def __init__(self, tasks: Sequence[str], start: float, rate: float, decay: float = 0.0) -> None:
        self.values = dict.fromkeys(tasks, start)
        self.rate, self.decay = rate, decay
        self.moments = {task: [0.0, 0.0, 0.0] for task in tasks}  # steps, first and second moment

    def move(self, task: str, gradient: float) -> None:
        """Take one step."""
        gradient += self.decay * self.values[task]
        steps, first, second = self.moments[task]
        steps, first, second = steps + 1, 0.9 * first + 0.1 * gradient, 0.999 * second + 0.001 * gradient**2
        self.moments[task] = [steps, first, second]
        scale = math.sqrt(second / (1 - 0.999**steps)) + 1e-8
        self.values[task] -= self.rate * first / (1 - 0.9**steps) / scale

    def state(self) -> dict[str, Any]:
        """Return values and moments."""
        return {"values": self.values, "moments": self.moments}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Continue from where `state` was taken."""
        self.values, self.moments = dict(state["values"]), {task: list(of) for task, of in state["moments"].items()}


@register("balance", "uncertainty")
class Uncertainty(Balance):
    """Losses over their learned variances: e^-s L + s, with an s for each task (Kendall et al., 2018).

    `lr` is the rate at which Adam learns them; all begin at 0, as a plain sum.
    """

    def __init__(self, tasks: Sequence[str], seed: int, *, lr: Positive = 0.01) -> None:
        super().__init__(tasks, seed)
        self.log_variances = Descent(tasks, 0.0, lr)

    def factors(self, losses: Mapping[str, float]) -> dict[str, float]:
        """Return e^-s."""
        return {task: math.exp(-self.log_variances.values[task]) for task in losses}

    def updated(self, losses: Mapping[str, float]) -> None:
        """Learn from the losses before the update."""
        for task, loss in losses.items():
            self.log_variances.move(task, 1 - math.exp(-self.log_variances.values[task]) * loss)

    def state(self) -> dict[str, Any]:
        return self.log_variances.state()

    def load_state(self, state: Mapping[str, Any]) -> None:
        self.log_variances.load_state(state)


@register("balance", "dynamic_weight_average")
class DynamicWeightAverage(Balance):
    """Tasks whose loss falls more slowly count more (DWA: Liu et al., 2019, section 3.3).

    A task's pace is the mean of its last `window` losses over that of the `window` before; `temperature` evens out the
    factors, which add up to the number of tasks.
    """

    def __init__(
        self,
        tasks: Sequence[str],
        seed: int,
        *,
        temperature: Positive = 2.0,
        window: Annotated[int, Field(gt=0)] = 100,
    ) -> None:
        super().__init__(tasks, seed)
        self.temperature, self.window = temperature, window
        self.sums: dict[str, list[float]] = {task: [0.0, 0.0] for task in tasks}  # number and sum of new losses
        self.means: dict[str, list[float]] = {task: [] for task in tasks}  # of the last two windows

    def factors(self, losses: Mapping[str, float]) -> dict[str, float]:
        """Return the factors of all tasks; 1 until each has two windows."""
        if any(len(means) < 2 for means in self.means.values()):
            return {}
        paces = {task: last / max(before, SMALLEST) for task, (before, last) in self.means.items()}
        top = max(paces.values())
        powers = {task: math.exp((pace - top) / self.temperature) for task, pace in paces.items()}
        total = sum(powers.values())
        return {task: len(powers) * power / total for task, power in powers.items()}

    def updated(self, losses: Mapping[str, float]) -> None:
        """Add the losses to their windows."""
        for task, loss in losses.items():
            number, total = self.sums[task]
            self.sums[task] = [number + 1, total + loss]
            if number + 1 == self.window:
                self.means[task] = [*self.means[task][-1:], (total + loss) / self.window]
                self.sums[task] = [0.0, 0.0]

    def state(self) -> dict[str, Any]:
        return {"sums": self.sums, "means": self.means}

    def load_state(self, state: Mapping[str, Any]) -> None:
        self.sums = {task: list(of) for task, of in state["sums"].items()}
        self.means = {task: list(of) for task, of in state["means"].items()}


@register("balance", "famo")
class FAMO(Balance):
    """All losses should fall at about one rate, in logarithms (Liu et al., 2023, Algorithm 1).

    How far a loss fell is seen by its task's next batch, so that no batch is computed twice; `lr` and `decay` are those
    of the Adam that learns the tasks' weights.
    """

    def __init__(self, tasks: Sequence[str], seed: int, *, lr: Positive = 0.025, decay: FromZero = 1e-3) -> None:
        super().__init__(tasks, seed)
        self.logits = Descent(tasks, 0.0, lr, decay)
        self.before: dict[str, float] = {}

    def _shares(self) -> dict[str, float]:
        top = max(self.logits.values.values())
        powers = {task: math.exp(value - top) for task, value in self.logits.values.items()}
        total = sum(powers.values())
        return {task: power / total for task, power in powers.items()}

    def factors(self, losses: Mapping[str, float]) -> dict[str, float]:
        """Return z / L, z a softmax over the tasks, on a scale on which all factors of one loss would be 1."""
        known = {task: max(loss, SMALLEST) for task, loss in {**self.before, **losses}.items()}
        shares = self._shares()
        scale = sum(shares[task] for task in known) / sum(shares[task] / loss for task, loss in known.items())
        return {task: len(shares) * shares[task] * scale / known[task] for task in losses}

    def updated(self, losses: Mapping[str, float]) -> None:
        """Move the logits by how far each loss has fallen since its task's update before."""
        fallen = {
            task: math.log(max(self.before[task], SMALLEST) / max(loss, SMALLEST))
            for task, loss in losses.items()
            if task in self.before
        }
        shares = self._shares()
        mean = sum(shares[task] * fall for task, fall in fallen.items())
        for task in shares:
            if fallen:
                self.logits.move(task, shares[task] * (fallen.get(task, 0.0) - mean))
        self.before.update(losses)

    def state(self) -> dict[str, Any]:
        return {"logits": self.logits.state(), "before": self.before}

    def load_state(self, state: Mapping[str, Any]) -> None:
        self.logits.load_state(state["logits"])
        self.before = dict(state["before"])


@register("balance", "random")
class RandomWeights(Balance):
    """Factors drawn anew for every update, a softmax of normal numbers (RLW: Lin et al., 2022); their mean is 1."""

    def __init__(self, tasks: Sequence[str], seed: int) -> None:
        super().__init__(tasks, seed)
        self.count = 0

    def factors(self, losses: Mapping[str, float]) -> dict[str, float]:
        """Return the factors of this update."""
        generator = random.Random(f"balance {self.seed}/{self.count}")
        powers = {task: math.exp(generator.gauss(0, 1)) for task in self.tasks}
        total = sum(powers.values())
        return {task: len(powers) * power / total for task, power in powers.items()}

    def updated(self, losses: Mapping[str, float]) -> None:
        """Count the update."""
        self.count += 1

    def state(self) -> dict[str, Any]:
        return {"count": self.count}

    def load_state(self, state: Mapping[str, Any]) -> None:
        self.count = int(state["count"])


@register("balance", "gradnorm")
class GradNorm(Balance):
    """Tasks that learn fast get smaller gradients where they meet others (Chen et al., 2018).

    `alpha` says how strongly paces should be evened out, `lr` is the rate at which Adam learns the factors, which add
    up to the number of tasks. Norms are over all shared components. A task's pace is its loss over its first one.
    """

    rows: str | None = "tasks"
    compares_rows = True  # the factors stay 1 without norms, which `combine` sees
    floor: ClassVar[float] = 0.01

    def __init__(self, tasks: Sequence[str], seed: int, *, alpha: FromZero = 1.5, lr: Positive = 0.025) -> None:
        super().__init__(tasks, seed)
        self.alpha = alpha
        self.scales = Descent(tasks, 1.0, lr)
        self.first: dict[str, float] = {}
        self.last: dict[str, float] = {}
        self.norms: dict[str, float] = {}
        self._squares: dict[str, float] = {}

    def factors(self, losses: Mapping[str, float]) -> dict[str, float]:
        """Return the learned factors."""
        return dict(self.scales.values)

    def combine(self, component: str, names: Sequence[str], rows: Tensor) -> Tensor:
        """Return the sum of the rows, and take note of their norms."""
        for name, square in zip(names, rows.double().square().sum(1).tolist(), strict=True):
            self._squares[name] = self._squares.get(name, 0.0) + square
        return rows.sum(0)

    def updated(self, losses: Mapping[str, float]) -> None:
        """Learn the factors from the norms; those of tasks without a gradient in this update are the last known."""
        for task, loss in losses.items():
            self.first.setdefault(task, max(loss, SMALLEST))
            self.last[task] = loss / self.first[task]
        self.norms.update({task: math.sqrt(square) for task, square in self._squares.items()})
        known = [task for task in self.norms if task in self.last]
        if len(known) > 1 and self._squares:
            mean_norm = sum(self.norms[task] for task in known) / len(known)
            mean_pace = max(sum(self.last[task] for task in known) / len(known), SMALLEST)
            for task in known:
                wanted = mean_norm * (self.last[task] / mean_pace) ** self.alpha
                slope = self.norms[task] / self.scales.values[task]
                self.scales.move(task, math.copysign(slope, self.norms[task] - wanted))
            kept = {task: max(value, self.floor) for task, value in self.scales.values.items()}
            total = sum(kept.values())
            self.scales.values = {task: len(kept) * value / total for task, value in kept.items()}
        self._squares = {}

    def state(self) -> dict[str, Any]:
        return {"scales": self.scales.state(), "first": self.first, "last": self.last, "norms": self.norms}

    def load_state(self, state: Mapping[str, Any]) -> None:
        self.scales.load_state(state["scales"])
        self.first, self.last, self.norms = dict(state["first"]), dict(state["last"]), dict(state["norms"])
