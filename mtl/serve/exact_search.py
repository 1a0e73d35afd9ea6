"""The vectors of the highest inner products with a query, exactly.

A matrix product finds which they may be. It rounds as it likes, a little differently in each place of a matrix and for
each number of queries, so those that may be among the best are computed once more, in a way that depends on nothing but
the two vectors: equal documents score equally, and a query's answer is the same alone and among others.

N vectors of E numbers, Q queries.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
PRODUCTS = 1 << 24  # that are in memory at a time: 64 MB
ROWS = 1024  # vectors whose products are computed once more at a time
Found = list[tuple[int, float]]  # positions and inner products, best first


class ExactSearch:
    """Searches `vectors` [N, E], which may be mapped into memory: they are read in place."""

    def __init__(self, vectors: Vectors) -> None:
        self.vectors = vectors
        squares = [np.square(part).sum(1).max() for part in _parts(vectors)]
        self._longest = float(np.sqrt(max(squares, default=0.0)))

    def best(self, queries: Vectors, k: int) -> Iterator[Found]:
        """Yield, for queries [Q, E], the best `k` of the vectors; of equal products the earlier vector."""
        size = max(1, PRODUCTS // max(1, len(self.vectors)))
        for start in range(0, len(queries), size):
            some = queries[start : start + size]
            for query, products in zip(some, some @ self.vectors.T, strict=True):
                yield self._exactly(query, products, k)

    def _exactly(self, query: Vectors, products: Vectors, k: int) -> Found:
        possible = np.arange(len(products))
        if k < len(products):
            # A product of E numbers is off by less than E eps/2 |query| |vector| (Higham, 2002, section 3.1), that of
            # the k-th best and that of a vector before it: twice that may lie between them. Two more are for rounding.
            error = (len(query) + 2) * np.finfo(np.float32).eps * float(np.linalg.norm(query)) * self._longest
            least = float(np.partition(products, len(products) - k)[len(products) - k])
            possible = np.flatnonzero(products >= least - error)
        exact = [
            (self.vectors[rows].astype(np.float64) * query).sum(1)  # row by row, in one order
            for rows in _parts(possible)
        ]
        found = best(np.concatenate(exact).astype(np.float32), k) if exact else []
        return [(int(possible[i]), product) for i, product in found]


def best(scores: NDArray[np.float32], k: int) -> Found:
    """Return positions and values of the `k` highest of some scores, highest first, of equal ones the earlier."""
    if k < len(scores):
        least = np.partition(scores, len(scores) - k)[len(scores) - k]
        above = np.flatnonzero(scores > least)
        chosen = np.concatenate([above, np.flatnonzero(scores == least)[: k - len(above)]])
    else:
        chosen = np.arange(len(scores))
    chosen = chosen[np.lexsort((chosen, -scores[chosen]))]
    return list(zip(chosen.tolist(), scores[chosen].tolist(), strict=True))


def _parts(rows: NDArray[Any]) -> Iterator[NDArray[Any]]:
    for start in range(0, len(rows), ROWS):
        yield rows[start : start + ROWS]
