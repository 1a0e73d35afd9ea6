"""Rows that belong together, as they have a value in common."""

from __future__ import annotations

import hashlib
import json
from array import array
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


class JoinedRows:
    """Rows joined by equal values of some columns, also over several rows; a group has the number of its first row."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = columns
        self._first: list[dict[bytes, int]] = [{} for _ in columns]
        self._above = array("q")  # a row of lower number in the same group, or the row itself; -1: no row

    def add(self, values: Mapping[str, Any] | None) -> None:
        """Take in the next row; None for a malformed one."""
        number = len(self._above)
        self._above.append(-1 if values is None else number)
        for column, first in zip(self._columns, self._first, strict=True):
            key = None if values is None else key_of(values.get(column))
            if key is not None:
                digest = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).digest()
                self._join(number, first.setdefault(digest, number))

    def _join(self, one: int, other: int) -> None:
        first, last = sorted((self._group(one), self._group(other)))
        self._above[last] = first

    def _group(self, number: int) -> int:
        while self._above[number] != number:
            self._above[number] = self._above[self._above[number]]
            number = self._above[number]
        return number

    def groups(self) -> NDArray[np.int64]:
        """Return the group of every row [N], -1 for a malformed one."""
        if self._columns:
            for number, above in enumerate(self._above):
                if above >= 0:
                    self._above[number] = self._group(number)
        return np.array(self._above, np.int64)


def key_of(value: Any) -> str | None:
    """Return a value as one that can be compared, tokens as their text; None where there is none.

    >>> key_of(["play", "it"]), key_of(""), key_of({"b": 1, "a": 2})
    ('play it', None, '{"a": 2, "b": 1}')
    """
    if isinstance(value, list) and all(isinstance(token, str) for token in value):
        value = " ".join(value)
    if value is None or value == "":
        return None
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
