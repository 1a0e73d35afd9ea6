"""Streams whose gradients are brought to one size where they meet."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

from pydantic import Field

from ...base.registry import register
from .base import Balance


@register("balance", "equal_norms")
class EqualNorms(Balance):
    """At each component in which streams meet, their gradients get one norm, times their tasks' mean weight there.

    A stream's gradient there is multiplied with (the mean norm of all streams, over its own) ** `power`; norms are
    running root mean squares, in which an update counts 1 - `memory`. Otherwise a stream with small gradients learns
    slowly: the optimizer's steps have the size that suits those with large ones. `power: 0` is the plain sum. Gradients
    are not changed where one stream is alone; tasks on one source are one stream, balanced by their weights. A gradient
    of zeros is not counted. After Chen et al., "GradNorm" (2018), with norms equal from the start (alpha 0).
    """

    scaled: ClassVar[bool] = True

    def __init__(
        self,
        tasks: Sequence[str],
        seed: int,
        *,
        power: Annotated[float, Field(ge=0, le=1)] = 1.0,
        memory: Annotated[float, Field(ge=0, lt=1)] = 0.99,
    ) -> None:
        super().__init__(tasks, seed)
        self.power, self.memory = power, memory
        self.squares: dict[str, dict[str, list[float]]] = {}  # component, stream: updates, running mean of squares

    def scale(self, component: str, norms: Mapping[str, float]) -> dict[str, float]:
        """Take note of the norms and return the factors; 1 where no other stream has been seen."""
        seen = self.squares.setdefault(component, {})
        for stream, norm in norms.items():
            count, mean = seen.get(stream, [0.0, 0.0])
            seen[stream] = [count + 1, self.memory * mean + (1 - self.memory) * norm**2]
        running = {stream: math.sqrt(mean / (1 - self.memory**count)) for stream, (count, mean) in seen.items()}
        mean_norm = sum(running.values()) / len(running)
        return {stream: float((mean_norm / running[stream]) ** self.power) for stream in norms}

    def state(self) -> dict[str, Any]:
        return {"squares": self.squares}

    def load_state(self, state: Mapping[str, Any]) -> None:
        self.squares = {
            component: {stream: list(found) for stream, found in seen.items()}
            for component, seen in state["squares"].items()
        }
