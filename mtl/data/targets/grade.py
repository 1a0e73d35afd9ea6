"""How well two texts match: the grade of a judged pair."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...base.errors import WrongValueError
from ...base.registry import register
from ...base.shown import shown
from .base import Target
from .parts import Answer, Example, Names


class Grades(NamedTuple):
    """What a ranking loss gets of P pairs: `grades` float [P], and `groups` int64 [P], one number per query."""

    grades: Tensor
    groups: Tensor


@register("target", "grade")
class Grade(Target):
    """A number per pair, above 0 where the document is relevant to the query; compared inside a query's group only."""

    element = "grade"
    dtype = np.float32
    exact = False
    missing = math.nan
    answers = (Answer("score", "score"),)
    metrics = (
        "map",
        "mrr",
        {"type": "ndcg", "at": 10},
        {"type": "precision", "at": 1},
        {"type": "recall", "at": 10},
    )

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    @property
    def tally(self) -> Mapping[str, int]:
        """How many pairs have each grade, the lowest first."""
        return dict(sorted(self.counts.items(), key=lambda item: float(item[0])))

    def read(self, value: Any, example: Example) -> str:
        """Return the grade as it is written: "0", "1", "2.5"."""
        if value is None or (isinstance(value, str) and not value.strip()):
            raise WrongValueError(
                "should be a grade, a number", "nothing", "Where every row is a positive, leave 'target' out."
            )
        grade = number(value)
        if grade is None:
            raise WrongValueError("should be a grade, a number", shown(value))
        written = format(grade + 0.0, "g")  # -0.0 is 0
        return written if float(written) == grade else repr(grade)  # six digits may be too few

    def count(self, gold: str) -> None:
        self.counts[gold] = self.counts.get(gold, 0) + 1

    def encode(self, gold: str, count: int, names: Names) -> Sequence[float]:
        return (float(gold),)

    def tensors(self, values: NDArray[Any]) -> tuple[Tensor, Tensor]:
        """Return grades [P]; the split adds the groups."""
        grades = torch.from_numpy(values)
        return grades, torch.ones(len(grades), dtype=torch.bool)

    def gold(self, values: NDArray[Any], names: Sequence[str]) -> float:
        return float(values)

    def predicted(self, answer: Mapping[str, Tensor], lengths: Sequence[int] | None) -> list[Any]:
        return answer["score"].tolist()

    def state(self) -> dict[str, Any]:
        return {"counts": dict(sorted(self.counts.items()))}

    def adopt(self, state: Mapping[str, Any], more: Sequence[str] = ()) -> None:
        """Keep the counts: nothing else is fitted."""

    def load_state(self, state: Mapping[str, Any]) -> None:
        self.counts = dict(state["counts"])


def number(value: Any) -> float | None:
    """Return a finite number, or one that a string holds; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)) or "_" in str(value):  # 1_0 is Python's
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):  # the only way to learn whether a string is a number
        return None
    return found if math.isfinite(found) else None
