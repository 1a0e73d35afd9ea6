"""One label for a whole text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mtl.base.registry import register
from mtl.recipe.task import Slot, Task

from .row_labels import ANSWERS, METRICS, row_label


@register("task", "text_classification")
class TextClassification(Task):
    """Give every text one label: intent, topic, sentiment."""

    level = "row"
    answers = ANSWERS
    default_metrics = METRICS

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
        return row_label(value)
