"""One label for each text of a list: the dialog acts of utterances, the roles of sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ...base.errors import WrongValueError, counted
from ...base.registry import register
from ...base.shown import described
from ...text.white_space import tidy
from ..labels import MISSING
from .label_target import LabelTarget
from .parts import Answer, Example, Names


@register("target", "text_labels")
class TextLabels(LabelTarget):
    """One of the labels that training has for each text of a list; a cell is a list, null for a text without one."""

    axes = ("U",)
    example_names = ("a", "b", "c")
    answers = (
        Answer("labels", "best", labels=True, dims=("U",)),
        Answer("score", "score", dims=("U",), probability=True),
    )
    metrics = ("accuracy", "macro_f1", "micro_f1", "report", "confusion")

    def read(self, value: Any, example: Example) -> list[str | None] | None:
        """Return the labels; None where no text has one."""
        wanted = counted(len(example.texts), "label")
        if not isinstance(value, list) or not all(label is None or isinstance(label, str) for label in value):
            raise WrongValueError(f"should be a list of {wanted}, one a text", described(value))
        if len(value) != len(example.texts) and (value or list(example.texts) != [""]):
            raise WrongValueError(f"should be a list of {wanted}, one a text", str(len(value)))
        labels = [None if label is None else tidy(label) or None for label in value]
        return labels if any(label is not None for label in labels) else None

    def labels_of(self, gold: list[str | None]) -> Iterable[str]:
        return (label for label in gold if label is not None)

    def encode(self, gold: list[str | None] | None, count: int, names: Names) -> Sequence[float]:
        labels = [None] * count if gold is None else gold
        return [MISSING if label is None else names.id(label) for label in labels]

    def gold(self, values: NDArray[Any], names: Sequence[str]) -> list[str | None] | None:
        labels = [names[label] if label >= 0 else None for label in values.tolist()]
        return labels if any(label is not None for label in labels) else None

    def predicted(self, answer: Mapping[str, Tensor], lengths: Sequence[int] | None) -> list[Any]:
        labels = np.array(self.names(), object)[answer["best"].numpy()]
        return [row[:length].tolist() for row, length in zip(labels, lengths or (), strict=True)]
