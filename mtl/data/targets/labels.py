"""Any number of labels per unit: topics, emotions, attributes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...base.errors import WrongValueError
from ...base.registry import register
from ...base.shown import described
from ...text.white_space import tidy
from ..labels import MISSING
from .label_target import LabelTarget
from .parts import Answer, Example, Names

SEPARATOR = ","


@register("target", "classes")
class Classes(LabelTarget):
    """A set of labels, which may be empty: a list, or one text with commas between its labels.

    An empty cell is a unit without an answer; an empty list, or a lone comma, says that no label applies.
    """

    axes = ("C",)
    example_names = ("a", "b", "c")
    answers = (
        Answer("labels", "chosen", labels=True, dims=("C",)),
        Answer("scores", "scores", dims=("C",), probability=True),
    )
    metrics = ("labels_f1", "same_labels", "labels_report")

    def read(self, value: Any, example: Example) -> list[str] | None:
        """Return the labels in the order of their names, each once; None where the cell is empty."""
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        listed = value.split(SEPARATOR) if isinstance(value, str) else value
        if not isinstance(listed, list) or not all(isinstance(label, str) for label in listed):
            raise WrongValueError(
                "should be a list of labels, or a text with commas between them",
                described(value),
            )
        return sorted({tidy(label) for label in listed} - {""})

    def labels_of(self, gold: list[str]) -> Iterable[str]:
        return gold

    def encode(self, gold: list[str] | None, count: int, names: Names) -> Sequence[float]:
        return (UNANSWERED,) if gold is None else [names.id(label) for label in gold]

    def tensors(self, values: NDArray[Any]) -> tuple[Tensor, Tensor]:
        """Return [B, C] float32: 1 where a label applies."""
        ids = torch.from_numpy(values)
        known = (ids >= 0) & (ids < self.size)
        applied = torch.zeros(len(ids), self.size + 1)
        applied.scatter_(1, torch.where(known, ids, self.size), 1.0)
        lacking = torch.from_numpy(self._lacking(values))
        return applied[:, : self.size], ~lacking

    @staticmethod
    def _lacking(values: NDArray[Any]) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = values[:, 0] == UNANSWERED
        return found

    def gold(self, values: NDArray[Any], names: Sequence[str]) -> list[str] | None:
        if len(values) and values[0] == UNANSWERED:
            return None
        return sorted(names[label] for label in values.tolist())

    def predicted(self, answer: Mapping[str, Tensor], lengths: Sequence[int] | None) -> list[Any]:
        names = self.names()
        return [sorted(names[label] for label in row if label >= 0) for row in answer["chosen"].tolist()]

    def shown(self, answer: Answer, values: NDArray[Any], tokens: Sequence[str] = ()) -> Any:
        """Return the labels that apply, or every label's score."""
        found = super().shown(answer, values, tokens)
        return [label for label in found if label] if answer.labels else found


UNANSWERED = MISSING - 1  # the one value of a unit without an answer, where no value says that no label applies
