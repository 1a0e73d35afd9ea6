"""Which rows of a train file are held out of it as dev or test, where these are shares of it."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..base.errors import DataError, Fault
from .joined_rows import JoinedRows, key_of
from .shares import percent

Integers = NDArray[np.int64]
ORDER = ("train", "test", "dev")  # test is taken first: a dev that comes to a recipe later leaves it as it was


@dataclass(frozen=True)
class HeldOut:
    """The `shares` of a train file by split, and how its rows are divided: by the seed, the rows' places, and columns.

    Rows with one value in `group_by`, or in `query` (of a ranking), are in one split; a row without a value is apart
    from all others. Every value of `stratify_by` has about its share in each split, and at least one row in train.
    """

    shares: Mapping[str, Fraction] = field(default_factory=dict)
    seed: int = 1
    group_by: str | None = None
    query: str | None = None
    stratify_by: str | None = None

    def divides(self, split: str) -> bool:
        """Say whether a split has part of the train file's rows."""
        return bool(self.shares) and (split == "train" or split in self.shares)

    def described(self, split: str) -> str:
        """Return what a split is part of, or an empty string where it has a file of its own."""
        if split not in self.shares:
            return ""
        columns = [f"'{column}'" for column in (self.group_by, self.query) if column is not None]
        found = f"{percent(self.shares[split])} of the train file"
        found += f", stratified by '{self.stratify_by}'" if self.stratify_by is not None else ""
        return found + (f", rows with one {' or one '.join(columns)} together" if columns else "")

    def identity(self, split: str) -> list[Any]:
        """Return all that decides which rows a split has, beside the file."""
        shares = {name: str(share) for name, share in self.shares.items()}
        return [split, shares, self.seed, self.group_by, self.query, self.stratify_by]

    def sides(self, rows: Iterable[Mapping[str, Any] | None], file: str) -> bytes:
        """Return, for every row of the train file, the number of its split in `ORDER`; None, malformed, stays in train.

        Raises `DataError` where there are too few rows for every split to have one, and none is malformed.
        """
        joined = JoinedRows([column for column in (self.group_by, self.query) if column is not None])
        labels: dict[str, int] = {}
        label_of = array("q")
        for row in rows:
            joined.add(row)
            label = None if row is None else key_of(row.get(self.stratify_by or ""))
            label_of.append(labels.setdefault(label or "", len(labels)))
        groups = joined.groups()
        first, sizes = np.unique(groups[groups >= 0], return_counts=True)
        if len(first) <= len(self.shares):
            if (groups < 0).any():
                return bytes(len(groups))  # what is wrong with those rows comes first: it is found where train is read
            raise DataError(Fault(self._too_few(len(first)), file=file))
        places = np.argsort(np.argsort(np.array(list(labels), object)))  # whatever label comes first in the file
        strata = places[np.frombuffer(label_of, np.int64)[first]]
        wanted = sum(_share_of(int(sizes.sum()), share) for share in self.shares.values())
        sides = self._divided(first, sizes, strata)
        if np.count_nonzero(np.bincount(strata)) > 1 and int(sizes[sides > 0].sum()) * 2 < wanted:
            sides = self._divided(first, sizes, np.zeros_like(strata))  # hardly any label has a second row
        of_row = np.zeros(len(groups), np.uint8)
        of_row[groups >= 0] = sides[np.searchsorted(first, groups[groups >= 0])]
        return of_row.tobytes()

    def _too_few(self, found: int) -> str:
        columns = [f"'{column}'" for column in (self.group_by, self.query) if column is not None]
        what = f"different values of {' or '.join(columns)}" if columns else "rows"
        splits = " and ".join(self.shares)
        return f"should have at least {len(self.shares) + 1} {what}, for train and {splits}. Found {found}."

    def _divided(self, first: Integers, sizes: Integers, strata: Integers) -> NDArray[np.uint8]:
        """Return the number of the split of each group; the last one of a stratum, in the drawn order, stays in train.

        Groups are known by their first rows.
        """
        order = np.lexsort((first, _drawn(self.seed, first), strata))
        ends = np.append(np.flatnonzero(np.diff(strata[order])) + 1, len(order))
        parts = [order[start : end - 1] for start, end in zip([0, *ends[:-1]], ends, strict=True)]
        rows = [int(sizes[part].sum()) + int(sizes[order[end - 1]]) for part, end in zip(parts, ends, strict=True)]
        sides = np.zeros(len(first), np.uint8)
        for side, split in enumerate(ORDER):
            if split in self.shares:
                parts = [part[sides[part] == 0] for part in parts]
                wanted = quotas(rows, [int(sizes[part].sum()) for part in parts], self.shares[split])
                owed = 0  # by groups that are larger or smaller than what was wanted
                for part, quota in zip(parts, wanted, strict=True):
                    taken = part[_taken(sizes[part], quota + owed)]
                    owed += quota - int(sizes[taken].sum())
                    sides[taken] = side
                free = np.concatenate(parts)
                if free.size and not (sides == side).any():  # groups larger than what is wanted: the smallest one
                    sides[free[np.argmin(sizes[free])]] = side
        return sides


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


def _taken(sizes: Integers, quota: int) -> list[int]:
    """Return which groups, one after another, have about as many rows as wanted."""
    found, rows = [], 0
    for number, size in enumerate(sizes.tolist()):
        if rows >= quota:
            break
        if 2 * (rows + size - quota) <= size:  # nearer to what is wanted with it than without it
            found.append(number)
            rows += size
    return found


def _drawn(seed: int, numbers: Integers) -> NDArray[np.uint64]:
    """Return a number drawn for each of some, alike everywhere: SplitMix64 (Steele et al., 2014, figure 15)."""
    begin = int.from_bytes(hashlib.blake2b(str(seed).encode(), digest_size=8).digest(), "little")
    z = (numbers.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15) + np.array([begin], np.uint64)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    drawn: NDArray[np.uint64] = z ^ (z >> np.uint64(31))
    return drawn
