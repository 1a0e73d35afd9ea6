"""One label for a whole text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mtl.registry import register
from mtl.task import Answer, Slot, Task


@register("task", "text_classification")
class TextClassification(Task):
    """Give every text one label: intent, topic, sentiment."""

    level = "row"
    answers = (
        Answer("label", "best", labels=True),
        Answer("score", "score"),
        Answer("scores", "scores", dims=("C",)),
    )
    default_metrics = ("accuracy", "macro_f1", "micro_f1", "report", "confusion")

    def slots(self, inputs: Sequence[str]) -> tuple[Slot, ...]:
        """Embedding, representation (may be left out), pooling, decoder, output."""
        return (
            Slot("embedding", "embedding", tuple(inputs), default={"type": "word"}),
            Slot("representation", "representation", ("embedding",), optional=True),
            Slot("pooling", "pooling", ("representation",), default={"type": "max"}),
            Slot("decoder", "decoder", ("pooling",), default={"type": "mlp"}),
            Slot("output", "output", ("decoder",), default={"type": "softmax"}),
        )

    def targets(self, value: Any, tokens: Sequence[tuple[int, int]], text: str) -> str | None:
        """Return the label: the column's string (numbers and truth values as they are written), None if empty."""
        if value is None:
            return None
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, (str, int, float)):
            return str(value).strip() or None
        raise ValueError(f"should be one label. Found {type(value).__name__}: {_short(value)}.")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
