"""How otherwise some rows are answered: in how many of them a bit differs, what that changes, and by how much."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...base.errors import counted


class Difference(NamedTuple):
    """How many rows are answered otherwise, by a bit at least; in how many the `answers` changed, and by how much.

    `answers` are labels and all else that is no number; None for a task that answers with numbers alone. `largest` is
    the largest difference between two numbers.
    """

    rows: int
    answers: int | None
    largest: float

    @property
    def size(self) -> str:
        """How large it is.

        >>> Difference(50, 0, 3e-7).size, Difference(9, 1, 0.25).size
        ('no answer changed, largest difference 3e-07', '1 answer changed, largest difference 0.25')
        >>> Difference(9, None, 2.0).size
        'largest difference 2'
        """
        largest = f"largest difference {self.largest:.2g}"
        if self.answers is None:
            return largest
        return f"{counted(self.answers, 'answer') if self.answers else 'no answer'} changed, {largest}"

    def facts(self) -> dict[str, Any]:
        """Return it as JSON-able values; a difference without end is None."""
        return {**self._asdict(), "largest": self.largest if math.isfinite(self.largest) else None}


class Differences:
    """Sums up how otherwise N rows are answered, array by array."""

    def __init__(self, rows: int) -> None:
        self._rows, self._answers = np.zeros(rows, np.bool_), np.zeros(rows, np.bool_)
        self._numbers_alone = True
        self._largest = 0.0

    def add(self, rows: Any, one: NDArray[Any], other: NDArray[Any]) -> None:
        """Take in what B rows, by their numbers, are answered with, [B, ...] twice.

        Arrays of unlike shapes or types differ in all of them. NaN is NaN.
        """
        number = one.dtype.kind == "f"
        unlike = one.shape != other.shape or one.dtype != other.dtype
        differ = np.ones(len(one), np.bool_) if unlike else one != other
        if number and unlike:
            self._largest = math.inf
        elif number:
            differ &= ~(np.isnan(one) & np.isnan(other))
            apart = np.abs(one[differ].astype(np.float64) - other[differ])
            self._largest = max(self._largest, float(np.where(np.isnan(apart), math.inf, apart).max(initial=0.0)))
        in_rows = differ.reshape(len(one), -1).any(1)
        self._rows[rows] |= in_rows
        if not number:
            self._numbers_alone = False
            self._answers[rows] |= in_rows

    def summed(self) -> Difference:
        """Return all of it."""
        answers = None if self._numbers_alone else int(self._answers.sum())
        return Difference(int(self._rows.sum()), answers, self._largest)
