"""What a collection can be ranked with: an export, a run's model in torch, anything that makes vectors of texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .arrays import Texts


class MakesVectors(Protocol):
    """A separable scorer's two encoders; `title` is what messages call where they come from."""

    @property
    def title(self) -> str:
        """What messages call it."""
        ...

    @property
    def tasks(self) -> Sequence[str]:
        """Names of all tasks."""
        ...

    @property
    def separable(self) -> Sequence[str]:
        """Names of the tasks whose scorer is separable."""
        ...

    def inputs(self, task: str) -> Sequence[str]:
        """Return the names of a task's inputs; raises `UsageError` for a task that does not exist."""
        ...

    def size(self, task: str, input: str) -> int:
        """Return how many numbers the vector of a text has."""
        ...

    def version(self, task: str, input: str) -> str:
        """Return a digest of all that an input's vectors depend on: equal where kept vectors still hold."""
        ...

    def encode(self, task: str, input: str, texts: Texts, *, batch_size: int = 64) -> NDArray[np.float32]:
        """Return the vector of each text of one input, [B, E]; the inner product of a pair's vectors is its score."""
        ...
