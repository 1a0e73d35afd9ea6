"""How many rows are right in everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .base import UnitLabels


def exact_match(
    gold: Mapping[str, Sequence[UnitLabels | None]], predicted: Mapping[str, Sequence[UnitLabels]]
) -> float:
    """Return the share of rows for which every task's whole answer is right.

    `gold` and `predicted` hold, for all tasks of one source, a label or a list of labels for each of its rows. A row
    that any task has no gold for is left out, and so is a token without gold; 0.0 where no row is left.
    """
    right = counted = 0
    for position in range(min((len(rows) for rows in gold.values()), default=0)):
        golds = {task: rows[position] for task, rows in gold.items()}
        if any(row is None for row in golds.values()):
            continue
        counted += 1
        right += all(same(row, predicted[task][position]) for task, row in golds.items())
    return right / counted if counted else 0.0


def same(gold: Any, predicted: Any) -> bool:
    """Say whether a whole answer is the gold one; of a list, items without gold do not count."""
    if not isinstance(gold, list) or not isinstance(predicted, list):
        return bool(gold == predicted)
    return len(gold) == len(predicted) and all(g is None or g == p for g, p in zip(gold, predicted, strict=True))
