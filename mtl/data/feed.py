"""The batches of one stream, pass after pass: a position in them is two numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from ..recipe.training import BatchConfig
from .batch import Batch

if TYPE_CHECKING:
    from .augmentation import Augmentation
    from .carried import CarriedStates
    from .split import Split


class Feed:
    """Reads a source's training rows over and over, in another order at every pass.

    The batches of a pass are a pure function of (seed, pass), and what a ranking task draws beside a batch's rows is
    one of (seed, pass, index), so there is nothing to save but the position (pass, index) and, of a running text, what
    is `carried` to the next batch. Of every batch it gives `part`, one of so many (number, count); where a batch has
    fewer units than there are parts, some parts have none. An `augmentation` changes what is read, and each pass reads
    something else. With `bootstrap` the rows of all passes are one draw with replacement (see `drawn_rows`).
    """

    carried: CarriedStates | None = None
    passes: int
    index: int
    batches: list[NDArray[np.int64]]

    def __init__(
        self,
        source: str,
        tasks: Sequence[str],
        split: Split,
        budget: BatchConfig,
        seed: int,
        part: tuple[int, int] = (0, 1),
        augmentation: Augmentation | None = None,
        bootstrap: bool = False,
    ) -> None:
        self.source = source
        self.tasks = tuple(tasks)
        self.split = split
        self.budget = budget
        self.seed = seed
        self.part = part
        self.augmentation = augmentation
        self.drawn = drawn_rows(source, len(split), seed) if bootstrap else None
        self.seek({"pass": 0, "index": 0})

    def __len__(self) -> int:
        """Batches of the current pass."""
        return len(self.batches)

    def next(self) -> Batch:
        """Return the next batch; begins another pass where this one has ended."""
        if self.index == len(self.batches):
            self.seek({"pass": self.passes + 1, "index": 0})
        index = self.index
        self.index += 1
        return self._batch(self.batches[index], index)

    def _batch(self, units: NDArray[np.int64], index: int) -> Batch:
        """Return this feed's part of a batch of the current pass."""
        rows = self.split.part(units, *self.part)
        number, _ = self.part
        entropy = [self.seed % 2**64, self.passes, index, *([number] if number else [])]
        draw = np.random.SeedSequence(entropy).generate_state(1, np.uint64)
        if not len(rows):
            none = {task: torch.zeros(0, dtype=torch.bool) for task in self.tasks}
            return Batch(self.source, rows, {}, {}, labelled=none)
        change = None if self.augmentation is None else partial(self.augmentation.change, epoch=self.passes)
        return self.split.batch(rows, draw=int(draw[0]), change=change)

    def group(self, count: int) -> list[Batch]:
        """Return the next `count` batches, fewer where the pass ends: a group is of one pass."""
        found = [self.next()]
        while len(found) < count and self.index < len(self.batches):
            found.append(self.next())
        return found

    def state(self) -> dict[str, int]:
        """Return the position of the next batch."""
        return {"pass": self.passes, "index": self.index}

    def seek(self, state: Mapping[str, int]) -> None:
        """Go to a position."""
        self.passes, self.index = state["pass"], state["index"]
        self.batches = self._planned()

    def _planned(self) -> list[NDArray[np.int64]]:
        """Return the numbers of each batch's units in the current pass."""
        return self.split.batches(
            size=self.budget.size,
            tokens=self.budget.tokens,
            seed=self.seed,
            epoch=self.passes,
            drawn=self.drawn,
        )


def drawn_rows(source: str, count: int, seed: int) -> NDArray[np.int64]:
    """Return `count` draws with replacement of a source's rows, ascending: a pure function of its name and the seed."""
    name = int.from_bytes(hashlib.sha256(source.encode()).digest()[:8], "big")
    generator = np.random.Generator(np.random.PCG64([seed % 2**64, name]))
    return np.sort(generator.integers(0, count, count))
