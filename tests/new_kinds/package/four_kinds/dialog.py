"""One label for every utterance of a dialog: units that are lists of texts, and a target over them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from mtl.base.registry import register
from mtl.data.labels import MISSING
from mtl.data.targets import Answer, Example, LabelTarget, Names
from mtl.recipe.task import Slot, Task


@register("target", "acts")
class Acts(LabelTarget):
    """One label a text of a list; null for one without."""

    axes = ("U",)
    answers = (Answer("acts", "best", labels=True, dims=("U",)), Answer("score", "score", dims=("U",)))
    metrics = ("accuracy", "macro_f1")

    def read(self, value: Any, example: Example) -> list[str | None]:
        if not isinstance(value, list) or len(value) != len(example.texts):
            raise ValueError(f"should be a list of {len(example.texts)} labels, one an utterance. Found {value!r}.")
        return list(value)

    def labels_of(self, gold: list[str | None]) -> Iterable[str]:
        return (label for label in gold if label is not None)

    def encode(self, gold: list[str | None] | None, count: int, names: Names) -> Sequence[float]:
        acts = [None] * count if gold is None else gold
        return [MISSING if act is None else names.id(act) for act in acts]

    def gold(self, values: NDArray[Any], names: Sequence[str]) -> list[str | None] | None:
        acts = [names[act] if act >= 0 else None for act in values.tolist()]
        return acts if any(acts) else None

    def predicted(self, answer: Mapping[str, Tensor], lengths: Sequence[int] | None) -> list[Any]:
        acts = np.array(self.names(), object)[answer["best"].numpy()]
        return [row[:length].tolist() for row, length in zip(acts, lengths or (), strict=True)]


@register("task", "dialog_acts")
class DialogActs(Task):
    """Say of every utterance of a dialog what it does, seen in the whole dialog."""

    predicts = "acts"
    units = "lists"

    def slots(self, inputs: Sequence[str]) -> tuple[Slot, ...]:
        return (
            Slot("embedding", "embedding", tuple(inputs), default={"type": "word"}),
            Slot("representation", "representation", ("embedding",), optional=True),
            Slot("pooling", "pooling", ("representation",), default={"type": "max"}),
            Slot("dialog", "representation", ("pooling",), default={"type": "bilstm"}, units=True),
            Slot("decoder", "decoder", ("dialog",), default={"type": "mlp"}),
            Slot("output", "output", ("decoder",), default={"type": "softmax"}),
        )
