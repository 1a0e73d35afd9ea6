"""Strings of symbols as tables, which match several symbols at a time.

The strings are a trie. Some symbols are one number, which a table maps to the node that they lead to: the first ones
from its root, then further ones from the node that was reached. No number stands for two things, as symbols that follow
each other are digits of it, none of them 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

NOTHING, UNKNOWN = 0, 1  # symbols that no string has: of padding, and of what is in no piece, as after the last symbol
_MOST = 6  # symbols at a time: each prefix of them is looked up
_NUMBERS = 1 << 63

Numbers = NDArray[np.int64]


class Strides(NamedTuple):
    """Strings as tables. Nodes count from 1 level by level: of two prefixes of a string the longer is the higher one.

    Up to `first` symbols are looked up at once in `starts`, up to `further` ones with the node before them in `steps`,
    as digits of a number to the base `radix`; both are keys and nodes. A string `ends` at a node (its number, -1 at
    others), and strings go on at those that are `open` after as many symbols as a table takes. `before` are the nodes
    of which each one is the next.
    """

    radix: int
    first: int
    further: int
    starts: tuple[Numbers, Numbers]
    steps: tuple[Numbers, Numbers]
    ends: Numbers
    open: NDArray[np.bool_]
    before: Numbers

    @classmethod
    def of(cls, strings: Sequence[Sequence[int]], radix: int) -> Strides:
        """Return the tables of distinct strings of symbols from 2 up to `radix`, none of them empty.

        >>> found = Strides.of([[2], [2, 3], [3]], 4)
        >>> found.first, dict(zip(*map(np.ndarray.tolist, found.starts))), found.ends.tolist()
        (2, {8: 1, 12: 2, 11: 3}, [-1, 0, 2, 1])
        """
        lengths = np.array([len(string) for string in strings], np.int64)
        longest = int(lengths.max())
        symbols = np.zeros((len(strings), longest), np.int64)
        symbols[np.arange(longest) < lengths[:, None]] = [symbol for string in strings for symbol in string]
        first = min(longest, _digits(radix, 1))
        further = _digits(radix, int(lengths.sum()) + 1)
        node, packed = np.zeros(len(strings), np.int64), np.zeros(len(strings), np.int64)
        levels: list[tuple[Numbers, Numbers]] = []
        ends, before, is_open = [np.array([-1])], [np.array([0])], [np.array([False])]
        count = 1
        for depth in range(longest):
            place, width = (depth, first) if depth < first else ((depth - first) % further, further)
            alive = np.flatnonzero(lengths > depth)
            if place == 0:
                packed[alive] = node[alive] * radix**width
            packed[alive] += symbols[alive, depth] * radix ** (width - 1 - place)
            _, index, inverse = np.unique(packed[alive], return_index=True, return_inverse=True)
            levels.append((packed[alive][index], count + np.arange(len(index))))
            before.append(node[alive][index])
            ended = lengths[alive] == depth + 1
            ends.append(np.full(len(index), -1))
            ends[-1][inverse[ended]] = alive[ended]
            is_open.append(np.zeros(len(index), np.bool_))
            if place == width - 1:
                is_open[-1][inverse[~ended]] = True
            node[alive] = count + inverse
            count += len(index)
        starts, steps = (
            _joined([column for column, _ in some], [nodes for _, nodes in some])
            for some in (levels[:first], levels[first:])
        )
        return cls(
            radix, first, further, starts, steps, np.concatenate(ends), np.concatenate(is_open), np.concatenate(before)
        )

    def longest(self) -> tuple[Numbers, Numbers]:
        """Return of each node the longest string that its path begins with: its number (-1 for none) and length."""
        numbers, lengths, depths = self.ends.copy(), np.zeros(len(self.ends), np.int64), np.zeros_like(self.ends)
        for node, before in enumerate(self.before.tolist()[1:], 1):
            depths[node] = depths[before] + 1
            own = numbers[node] >= 0
            lengths[node] = depths[node] if own else lengths[before]
            numbers[node] = numbers[node] if own else numbers[before]
        return numbers, lengths

    def weights(self, width: int) -> Numbers:
        """Return what symbols are multiplied by, [W, W]: a column for each prefix of W of them."""
        powers = np.array([self.radix ** (width - 1 - place) for place in range(width)], np.int64)
        return np.triu(np.repeat(powers[:, None], width, axis=1))


def _digits(radix: int, before: int) -> int:
    """Return how many digits numbers have at most where something below `before` comes before them."""
    return max(count for count in range(1, _MOST + 1) if before * radix**count < _NUMBERS)


def _joined(keys: list[Numbers], nodes: list[Numbers]) -> tuple[Numbers, Numbers]:
    none = [np.zeros(0, np.int64)]
    return np.concatenate(none + keys), np.concatenate(none + nodes)
