"""The order of labels that have one: ratings, levels, degrees."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from ..base.errors import WrongKeyError, near_miss
from .targets.grade import number


def in_order(labels: Iterable[str], ranks: Mapping[str, float]) -> list[str]:
    """Return labels from the lowest to the highest: by their ranks, by the numbers that they are, then by name.

    >>> in_order(["10", "9", "good", "bad"], {"good": 11})
    ['9', '10', 'good', 'bad']
    """

    def place(label: str) -> tuple[float, str]:
        own = number(label)
        return ranks.get(label, math.inf if own is None else own), label

    return sorted(labels, key=place)


def fault_if_no_label(ranks: Mapping[str, float], labels: Iterable[str]) -> None:
    """Raise `WrongKeyError` for a rank of what is no label."""
    known = tuple(labels)
    for name in ranks:
        if name not in known:
            raise WrongKeyError(
                "ranks", f"'ranks' should name labels of the task. Found '{name}'.{near_miss(name, known)}"
            )
