"""A time budget: what is spent of it, over all processes of a run."""

from __future__ import annotations

from collections.abc import Callable


class Budget:
    """Minutes that training may take, None for no limit; `clock` gives seconds and runs while training does.

    `before` is what earlier processes of the run have spent, in seconds.
    """

    def __init__(self, minutes: float | None, clock: Callable[[], float]) -> None:
        self.minutes = minutes
        self.clock = clock
        self.before = 0.0
        self.begun: float | None = None

    def begin(self) -> None:
        """Start counting."""
        self.begun = self.clock()

    @property
    def seconds(self) -> float:
        """What is spent; 0 where there is no budget: then no clock is read."""
        if self.minutes is None:
            return 0.0
        return self.before + (0.0 if self.begun is None else self.clock() - self.begun)

    @property
    def share(self) -> float:
        """Share of the budget that is spent, 0 to 1."""
        return 0.0 if self.minutes is None else min(1.0, self.seconds / (60 * self.minutes))

    @property
    def over(self) -> bool:
        """Whether all of it is spent."""
        return self.minutes is not None and self.seconds >= 60 * self.minutes
