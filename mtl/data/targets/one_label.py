"""One label per unit: intent, topic, entailment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ...base.errors import short
from ...base.registry import register
from ..labels import MISSING
from .base import Answer, Example, LabelTarget, Names


@register("target", "class")
class OneLabel(LabelTarget):
    """One of the labels that training has."""

    answers = (
        Answer("label", "best", labels=True),
        Answer("score", "score"),
        Answer("scores", "scores", dims=("C",)),
    )
    metrics = ("accuracy", "macro_f1", "micro_f1", "report", "confusion")

    def read(self, value: Any, example: Example) -> str | None:
        """Return the label: the column's string (numbers and truth values as they are written), None if it is empty."""
        if value is None:
            return None
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, (str, int, float)):
            return str(value).strip() or None
        raise ValueError(f"should be one label. Found {type(value).__name__}: {short(value)}.")

    def labels_of(self, gold: str) -> Iterable[str]:
        return (gold,)

    def encode(self, gold: str | None, count: int, names: Names) -> Sequence[float]:
        return (MISSING if gold is None else names.id(gold),)

    def gold(self, values: NDArray[Any], names: Sequence[str]) -> str | None:
        return names[int(values)] if values >= 0 else None

    def predicted(self, answer: Mapping[str, Tensor], lengths: Sequence[int] | None) -> list[Any]:
        found: list[Any] = np.array(self.names(), object)[answer["best"].numpy()].tolist()
        return found
