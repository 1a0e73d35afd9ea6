"""Figures that look at the scores of all labels, not at answers alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mtl.base.errors import UsageError, near_miss
from mtl.base.registry import name_of

from .base import Metric

Numbers = NDArray[np.float64]


class Scored(NamedTuple):
    """The scores of N units, `values` [N, C], and the names of the C labels."""

    values: NDArray[Any]
    names: tuple[str, ...]

    @classmethod
    def perfect(cls, gold: Sequence[Any], names: tuple[str, ...]) -> Scored:
        """Return the scores that leave no doubt about gold labels."""
        return cls(applied(gold, names).astype(np.float64), names)

    def labelled(self, gold: Sequence[Any]) -> tuple[list[Any], Scored]:
        """Return the units that have a gold label, or a set of them."""
        rows = [row for row, value in enumerate(gold) if value is not None]
        return [gold[row] for row in rows], Scored(np.asarray(self.values, np.float64)[rows], self.names)


class ScoredMetric(Metric):
    """A figure of one label per unit, or of any number of them, and the scores of all labels.

    A label that training never had has no score: no unit is found by it.
    """

    axes: ClassVar[tuple[tuple[str, ...], ...] | None] = ((), ("C",))

    def score(self, gold: Sequence[Any], scored: Scored) -> dict[str, float]:
        """Return figures by name, those that are undefined left out; every unit of `gold` has an answer."""
        raise NotImplementedError


class LabelCurve(ScoredMetric):
    """A figure of each label against all others: of the one that is named, or the mean over the labels.

    A label that no unit has, or all units have, has no such figure and is left out of the mean.
    """

    def __init__(self, *, label: str | None = None) -> None:
        self.label = label

    def score(self, gold: Sequence[Any], scored: Scored) -> dict[str, float]:
        """Return the figure; none where no label has it."""
        if self.label is not None and self.label not in scored.names:
            raise UsageError(
                f"'label' of the metric '{name_of(type(self))}' should be a label of the task. Found '{self.label}'."
                f"{near_miss(self.label, scored.names)}"
            )
        wanted = applied(gold, scored.names)
        found = [
            self.value(wanted[:, number], scored.values[:, number])
            for number, name in enumerate(scored.names)
            if self.label in (None, name) and 0 < wanted[:, number].sum() < len(wanted)
        ]
        return {self.figures[0]: float(np.mean(found))} if found else {}

    def value(self, wanted: NDArray[np.bool_], scores: Numbers) -> float:
        """Return the figure of a label that some units have, [N], and some have not."""
        raise NotImplementedError


def applied(gold: Sequence[Any], names: Sequence[str]) -> NDArray[np.bool_]:
    """Return [N, C]: which labels each unit has."""
    ids = {name: number for number, name in enumerate(names)}
    found = np.zeros((len(gold), len(names)), np.bool_)
    for row, labels in enumerate(gold):
        for label in [labels] if isinstance(labels, str) else labels:
            if label in ids:
                found[row, ids[label]] = True
    return found
