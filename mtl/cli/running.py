"""How training goes: running means of the losses, tokens a second, and the time that is left."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..base.progress import StepReport

LOSSES = 100  # of a task that a running mean is of: one batch's loss says little


class Running:
    """Sums up steps as they come; `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.clock = clock
        self.begun = clock()
        self.steps = 0
        self.tokens = 0
        self.last: StepReport | None = None
        self._losses: dict[str, deque[float]] = {}

    def add(self, report: StepReport) -> None:
        """Take in a step."""
        self.steps += 1
        self.tokens += report.tokens
        self.last = report
        for task, loss in report.losses.items():
            self._losses.setdefault(task, deque(maxlen=LOSSES)).append(loss)

    @property
    def seconds(self) -> float:
        """Seconds since the beginning, those of evaluations among them."""
        return self.clock() - self.begun

    def losses(self) -> str:
        """Return the mean of each task's last losses."""
        means = (f"{task} {sum(losses) / len(losses):.3f}" for task, losses in self._losses.items())
        return " ".join(["mean loss", *means])

    def rate(self) -> str:
        """Return the tokens of a second."""
        return f"{self.tokens / max(self.seconds, 1e-9):,.0f} tokens/s"

    def left(self) -> str:
        """Return the time until the last step at the pace so far, less where a time budget ends before."""
        if self.last is None:
            return ""
        seconds = self.seconds / self.steps * (self.last.steps - self.last.step)
        if self.last.seconds_left is not None:
            seconds = min(seconds, self.last.seconds_left)
        return f"{duration(seconds)} left"


def duration(seconds: float) -> str:
    """Return seconds for people.

    >>> duration(59.4), duration(60), duration(3599), duration(4000), duration(90_000)
    ('59 s', '1 min', '60 min', '1 h 7 min', '25 h 0 min')
    """
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if seconds < 3600 else f"{minutes // 60} h {minutes % 60} min"
