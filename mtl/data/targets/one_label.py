"""One label per unit: intent, topic, entailment."""

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


@register("target", "class")
class OneLabel(LabelTarget):
    """One of the labels that training has, or `out_of_scope`: none of them.

    Rows that have this label are measured, and tell where their threshold is; no label is learned from them, though
    what a teacher says of them is.
    """

    answers = (
        Answer("label", "best", labels=True),
        Answer("score", "score", probability=True),
        Answer("scores", "scores", dims=("C",), probability=True),
    )
    metrics: Sequence[str | Mapping[str, Any]] = ("accuracy", "macro_f1", "micro_f1", "report", "confusion")

    def __init__(self, *, out_of_scope: str | None = None) -> None:
        super().__init__()
        self.out_of_scope = out_of_scope
        if out_of_scope is not None:
            self.metrics = (*self.metrics, "out_of_scope")
        self._left_out = 0

    @property
    def found(self) -> Mapping[str, Any]:
        """The labels, and that of what is out of scope, if there is one."""
        labels = {} if self.labels is None else {"labels": list(self.labels.names)}
        return labels if self.out_of_scope is None else {**labels, "out_of_scope": self.out_of_scope}

    def count(self, gold: str) -> None:
        self._left_out += gold == self.out_of_scope
        super().count(gold)

    def note(self) -> str:
        if not self._left_out:
            return ""
        return f"no label is learned from {counted(self._left_out, 'row')} of train labelled '{self.out_of_scope}'."

    def read(self, value: Any, example: Example) -> str | None:
        """Return the label: the column's string (numbers and truth values as they are written), None if it is empty."""
        if value is None:
            return None
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, (str, int, float)):
            return tidy(str(value)) or None
        raise WrongValueError("should be one label", described(value))

    def labels_of(self, gold: str) -> Iterable[str]:
        return () if gold == self.out_of_scope else (gold,)

    def encode(self, gold: str | None, count: int, names: Names) -> Sequence[float]:
        return (MISSING if gold is None else names.id(gold),)

    def gold(self, values: NDArray[Any], names: Sequence[str]) -> str | None:
        return names[int(values)] if values >= 0 else None

    def predicted(self, answer: Mapping[str, Tensor], lengths: Sequence[int] | None) -> list[Any]:
        found: list[Any] = np.array(self.answer_names(), object)[answer["best"].numpy()].tolist()
        return found

    def state(self) -> dict[str, Any]:
        return super().state() if self.out_of_scope is None else {**super().state(), "left_out": self._left_out}

    def load_state(self, state: Mapping[str, Any]) -> None:
        super().load_state(state)
        self._left_out = int(state.get("left_out", 0))

    def adopt(self, state: Mapping[str, Any], more: Sequence[str] = ()) -> None:
        own = self._left_out
        super().adopt(state, more)
        self._left_out = own
