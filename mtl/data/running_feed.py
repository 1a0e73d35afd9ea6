"""The batches of a running text: segments that go on where those of the batch before have ended."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..base.errors import UsageError, counted
from ..recipe.training import BatchConfig
from .batch import Batch
from .carried import CarriedStates
from .feed import Feed
from .running import in_streams
from .split import Split


class RunningFeed(Feed):
    """Reads all rows of a source as one text, laid in parallel streams, of which a batch has the next `length` tokens.

    There are as many streams as `budget` has rows or, of a budget of tokens, segments. Every pass begins with what is
    carried into the beginning of a text, and with a first segment of another length (a pure function of seed and pass),
    so that gradients end elsewhere: see Merity et al. (2018), "Regularizing and Optimizing LSTM Language Models",
    section 5. Raises `UsageError` where there are fewer tokens than streams.
    """

    carried: CarriedStates

    def __init__(
        self, source: str, tasks: Sequence[str], split: Split, budget: BatchConfig, seed: int, length: int
    ) -> None:
        self.length = length
        self.streams = budget.size or max(1, (budget.tokens or 0) // length)
        if split.tokens < self.streams:
            raise UsageError(
                f"the source '{source}' should have at least {counted(self.streams, 'token')} in train, as a batch "
                f"reads on at so many places of its text. Found {split.tokens}. Lower the budget of a batch."
            )
        super().__init__(source, tasks, split, budget, seed)

    def _planned(self) -> list[NDArray[np.int64]]:
        generator = np.random.Generator(np.random.PCG64([self.seed % 2**64, self.passes]))
        bounds, found = in_streams(
            self.split.tokens, self.streams, self.length, first=int(generator.integers(1, self.length + 1))
        )
        self.segments, self.carried = self.split.segments(bounds), CarriedStates()
        return found

    def _batch(self, units: NDArray[np.int64], index: int) -> Batch:
        return self.segments.batch(units, self.carried)
