"""How groups of rows are divided: those that stay in train, and those that make up shares of all rows."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
ORDER = ("train", "test", "dev")  # test is decided first: a dev that comes to a recipe later leaves it as it was


@dataclass(frozen=True)
class Divided:
    """The number of each group's split in `ORDER`, by share the rows `found` and `wanted`, those not stratified."""

    sides: NDArray[np.uint8]
    found: Mapping[str, int]
    wanted: Mapping[str, int]
    unstratified: tuple[str, ...]


def divide(first: Integers, sizes: Integers, strata: Integers, shares: Mapping[str, Fraction], seed: int) -> Divided:
    """Return how more groups than there are shares, known by their `first` rows, are divided.

    The largest group of every stratum stays in train, the last in the drawn order where several are. Where that leaves
    a split without rows, or with less than half or more than twice its share, strata do not count for this split, if it
    comes nearer so: all but the largest group are then open to it. Shares that do not fit beside the
    largest group shrink alike.
    """
    total, largest = int(sizes.sum()), int(sizes.max())
    wanted = {split: _share_of(total, shares[split]) for split in ORDER if split in shares}
    goals = dict(zip(wanted, _fitted(list(wanted.values()), total - largest), strict=True))
    drawn = _drawn(seed, first)
    ways = [_open(first, sizes, strata, drawn), _open(first, sizes, np.zeros_like(strata), drawn)]
    sides = np.zeros(len(first), np.uint8)
    found: dict[str, int] = {}
    unstratified: list[str] = []
    for number, (split, goal) in enumerate(goals.items(), start=1):
        later = list(goals.values())[number:]
        free = sides == 0
        groups = int(np.count_nonzero(free)) - 1 - len(later)
        rows = int(sizes[free].sum()) - largest - sum(later)
        share = shares[split] if goal == wanted[split] else Fraction(goal, total)
        by_strata, by_none = (_chosen(way, sizes, sides, share, groups, rows) for way in ways)
        counts = [int(sizes[chosen].sum()) for chosen in (by_strata, by_none)]
        nearer = is_far(counts[0], goal) and abs(counts[1] - goal) < abs(counts[0] - goal)
        plain = not by_strata or nearer
        if plain:
            unstratified.append(split)
        sides[by_none if plain else by_strata] = ORDER.index(split)
        found[split] = counts[plain]
    return Divided(sides, found, wanted, tuple(unstratified))


def is_far(found: int, wanted: int) -> bool:
    """Say whether a split has less than half or more than twice the rows that are wanted."""
    return found * 2 < wanted or found > wanted * 2


def quotas(rows: Sequence[int], room: Sequence[int], share: Fraction) -> list[int]:
    """Return how many rows of each stratum make up a share of all, by largest remainders, none more than it has room.

    >>> quotas([50, 30, 1], [49, 29, 0], Fraction(1, 10))
    [5, 3, 0]
    """
    exact = [share * count for count in rows]
    found = [min(int(value), most) for value, most in zip(exact, room, strict=True)]
    missing = _share_of(sum(rows), share) - sum(found)
    while missing > 0:
        fits = [i for i, most in enumerate(room) if found[i] < most]
        if not fits:
            break
        for i in sorted(fits, key=lambda i: (found[i] - exact[i], i))[:missing]:
            found[i] += 1
            missing -= 1
    return found


def _share_of(rows: int, share: Fraction) -> int:
    return max(1, int(share * rows + Fraction(1, 2)))


def _fitted(wanted: Sequence[int], room: int) -> list[int]:
    """Return numbers of rows, made smaller alike where there is no room for all.

    >>> _fitted([100, 100], 100), _fitted([10, 20], 90)
    ([50, 50], [10, 20])
    """
    everything = sum(wanted)
    return [max(1, count * room // everything) if everything > room else count for count in wanted]


def _open(first: Integers, sizes: Integers, strata: Integers, drawn: NDArray[np.uint64]) -> list[tuple[Integers, int]]:
    """Return of each stratum its groups in the drawn order without the one that stays in train, and all its rows."""
    order = np.lexsort((first, drawn, strata))
    found = []
    for own in np.split(order, np.flatnonzero(np.diff(strata[order])) + 1):
        kept = len(own) - 1 - int(np.argmax(sizes[own][::-1]))
        found.append((np.delete(own, kept), int(sizes[own].sum())))
    return found


def _chosen(
    way: Sequence[tuple[Integers, int]],
    sizes: Integers,
    sides: NDArray[np.uint8],
    share: Fraction,
    groups: int,
    rows: int,
) -> list[int]:
    """Return the groups that make up about a share of all rows, at most so many `groups` with so many `rows`.

    Where each is too large, it is the smallest one.
    """
    parts = [part[sides[part] == 0] for part, _ in way]
    wanted = quotas([count for _, count in way], [int(sizes[part].sum()) for part in parts], share)
    found: list[int] = []
    owed = 0  # also by groups that are larger or smaller than what was wanted of their stratum
    for part, quota in zip(parts, wanted, strict=True):
        owed += quota
        for group, size in zip(part.tolist(), sizes[part].tolist(), strict=True):
            if owed <= 0 or groups == len(found):
                break
            if 2 * (size - owed) <= size <= rows:  # nearer to what is wanted with it than without it
                found.append(group)
                owed -= size
                rows -= size
    free = np.concatenate(parts)
    return found or [int(group) for group in free[np.argsort(sizes[free], kind="stable")][:1]]


def _drawn(seed: int, numbers: Integers) -> NDArray[np.uint64]:
    """Return a number drawn for each of some, alike everywhere: SplitMix64 (Steele et al., 2014, figure 15)."""
    begin = int.from_bytes(hashlib.blake2b(str(seed).encode(), digest_size=8).digest(), "little")
    z = (numbers.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15) + np.array([begin], np.uint64)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    drawn: NDArray[np.uint64] = z ^ (z >> np.uint64(31))
    return drawn
