"""A number per unit: a rating, a price, a similarity."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...base.errors import WrongValueError
from ...base.registry import register
from ...base.shown import shown
from .base import Target
from .grade import number
from .parts import Answer, Example, Names


@register("target", "number")
class Number(Target):
    """Any finite number; `mean` and `deviation` are those of training."""

    element = "number"
    dtype = np.float32
    exact = False
    missing = math.nan
    answers = (Answer("value", "value"),)
    metrics = ("mean_absolute_error", "root_mean_squared_error", "pearson", "spearman")
    deviation: float

    def __init__(self) -> None:
        self._values: list[float] = []
        self.mean, self.deviation = 0.0, 1.0

    def read(self, value: Any, example: Example) -> float | None:
        """Return the number; None where the cell is empty."""
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        found = number(value)
        if found is None:
            raise WrongValueError("should be a number", shown(value))
        return found

    def count(self, gold: float) -> None:
        self._values.append(gold)

    def fit(self, alike: Sequence[Target]) -> None:
        """Take the mean and standard deviation of all training values that one output layer learns."""
        if not self._values:
            raise WrongValueError("should have a number in at least one row", None)
        every = [value for other in alike if isinstance(other, Number) for value in other._values]
        self.mean = float(np.mean(every))
        self.deviation = float(np.std(every)) or 1.0

    def encode(self, gold: float | None, count: int, names: Names) -> Sequence[float]:
        return (self.missing if gold is None else gold,)

    def tensors(self, values: NDArray[Any]) -> tuple[Tensor, Tensor]:
        """Return numbers [B] float32, not a number where there is none."""
        found = torch.from_numpy(values)
        return found, ~found.isnan()

    def gold(self, values: NDArray[Any], names: Sequence[str]) -> float | None:
        return None if math.isnan(values) else float(values)

    def unlearned(self, gold: Sequence[Any]) -> list[Any]:
        """Return the mean of all numbers for each of them."""
        known = [value for value in gold if value is not None]
        return [float(np.mean(known))] * len(gold) if known else [None] * len(gold)

    def predicted(self, answer: Mapping[str, Tensor], lengths: Sequence[int] | None) -> list[Any]:
        return answer["value"].tolist()

    def state(self) -> dict[str, Any]:
        return {"mean": self.mean, "deviation": self.deviation}

    def load_state(self, state: Mapping[str, Any]) -> None:
        self.mean, self.deviation = state["mean"], state["deviation"]
