"""Rows of a source as one running text, cut into segments that are read one after another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .batch import Batch

if TYPE_CHECKING:
    from ..graph.calls import InputKey
    from .carried import CarriedStates
    from .columns import TargetColumns, TextColumns
    from .targets import Target


@dataclass(frozen=True)
class Segments:
    """The tokens of all rows of a split, one after another, in M segments that begin and end at `bounds` [M + 1].

    `texts` and `values` are those of the segments; `rows` [N + 1] are the bounds of the split's own rows.
    """

    source: str
    bounds: NDArray[np.int64]
    rows: NDArray[np.int64]
    texts: dict[InputKey, TextColumns]
    values: dict[str, TargetColumns]
    targets: dict[str, Target]

    def __len__(self) -> int:
        """Return the number of segments, M."""
        return len(self.bounds) - 1

    def batch(self, numbers: NDArray[np.int64], carried: CarriedStates) -> Batch:
        """Return some segments, which go on from what is `carried`; its rows are those that segments begin in."""
        rows = np.searchsorted(self.rows, self.bounds[numbers], side="right") - 1
        tokens = int((self.bounds[numbers + 1] - self.bounds[numbers]).sum())
        batch = Batch(self.source, rows, {}, {}, tokens=tokens, carried=carried)
        for task, values in self.values.items():
            target = self.targets[task]
            batch.targets[task], batch.labelled[task] = target.tensors(values.padded(numbers, target.missing))
        for key, texts in self.texts.items():
            texts.fill(batch, key, numbers)
        return batch


def in_streams(tokens: int, streams: int, length: int, first: int) -> tuple[NDArray[np.int64], list[NDArray[np.int64]]]:
    """Return the bounds of segments, and the numbers of the segments that are read together, batch by batch.

    The text is laid in so many `streams` of one length, of which each batch has one segment each. A segment has
    `length` tokens, but the first one, which has `first` at most, and the last one of a stream. Fewer tokens than there
    are streams are left over at the end of the text.

    >>> bounds, batches = in_streams(11, streams=2, length=3, first=1)
    >>> bounds.tolist(), [numbers.tolist() for numbers in batches]
    ([0, 1, 4, 5, 6, 9, 10], [[0, 3], [1, 4], [2, 5]])
    """
    own = tokens // streams
    cuts = np.array([0, *range(first, own, length), own], np.int64)
    begins = own * np.arange(streams, dtype=np.int64)
    bounds = np.append((begins[:, None] + cuts[:-1]).reshape(-1), own * streams)
    count = len(cuts) - 1
    return bounds, [count * np.arange(streams) + number for number in range(count)]


def in_one(tokens: int, length: int) -> NDArray[np.int64]:
    """Return the bounds of segments of `length` tokens of a text that is read from its beginning to its end.

    >>> in_one(7, 3).tolist()
    [0, 3, 6, 7]
    """
    return np.array([*range(0, tokens, length), tokens], np.int64)
