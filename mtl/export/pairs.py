"""Which rows of a split are verified: all of them, but of a large split of pairs, in which texts come back, a part.

How much is verified is said by one of three words: `full`, `sample` (a few rows at batch 1) or `none`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..base.errors import UsageError, near_miss
from ..serve.arrays import Array

if TYPE_CHECKING:
    from ..data.split import Split
    from ..graph.sharing_graph import SharingGraph

MOST = 8192  # up to so many pairs are all compared; of more, every text and a fixed sample of pairs
ALONE = 1024  # of that sample at batch 1
FEW = 64  # at batch 1 where a sample is enough
HOW = ("full", "sample", "none")  # how much is verified


class ComparedRows(NamedTuple):
    """Rows of a split that are compared: `rows` in batches, `alone` of them also one by one; ascending."""

    rows: NDArray[np.int64]
    alone: NDArray[np.int64]

    @property
    def few_alone(self) -> NDArray[np.int64]:
        """Up to `FEW` of the rows that are compared alone, spread evenly."""
        return self.alone[np.linspace(0, len(self.alone) - 1, min(FEW, len(self.alone)), dtype=np.int64)]


def check_how(how: str, called: str = "verify") -> None:
    """Raise `UsageError` for a word that does not say how much is verified."""
    if how not in HOW:
        raise UsageError(f"{called} should be full, sample or none. Found '{how}'.{near_miss(how, HOW)}")


def by_count(compared: Mapping[Any, int]) -> list[tuple[str, int]]:
    """Return how many rows were compared, each number once, with the batch sizes that it is the number of.

    >>> by_count({1: 5, 64: 50}), by_count({1: 50, 64: 50})
    ([('1', 5), ('64', 50)], [('1 and 64', 50)])
    """
    sizes: dict[int, list[str]] = {}
    for size, count in compared.items():
        sizes.setdefault(count, []).append(str(size))
    return [(" and ".join(of), count) for count, of in sizes.items()]


def rows_to_verify(graph: SharingGraph, split: Split, task: str, how: str = "full") -> ComparedRows:
    """Return all rows, or those of a large split of pairs that hold every text, and a fixed sample of the others.

    With `sample`, a few of them, spread evenly, are also alone in a batch; with `full`, all of them or many.
    """
    found = _rows_to_verify(graph, split, task)
    return ComparedRows(found.rows, found.few_alone) if how == "sample" else found


def _rows_to_verify(graph: SharingGraph, split: Split, task: str) -> ComparedRows:
    every = np.arange(len(split))
    keys = graph.inputs(task)
    if len(keys) < 2 or len(split) <= MOST:
        return ComparedRows(every, every)
    if split.judgements is not None:
        pairs = split.pairs(task)
        numbers: list[Array] = [pairs.query[: len(split)], pairs.document[: len(split)]]
    else:
        numbers = [np.unique(split.texts(key), return_inverse=True)[1] for key in keys.values()]
    return sample(numbers, MOST, ALONE)


def sample(numbers: Sequence[Array], most: int, alone: int) -> ComparedRows:
    """Return rows in which every number of every column occurs, up to `most` rows where that leaves room."""
    count = len(numbers[0])
    first = np.zeros(count, bool)
    for column in numbers:
        first[np.unique(column, return_index=True)[1]] = True
    others = np.flatnonzero(~first)
    drawn = np.random.default_rng(0).permutation(others)[: max(0, most - int(first.sum()))]
    rows = np.sort(np.concatenate([np.flatnonzero(first), drawn]))
    return ComparedRows(rows, rows[np.linspace(0, len(rows) - 1, min(alone, len(rows)), dtype=np.int64)])
