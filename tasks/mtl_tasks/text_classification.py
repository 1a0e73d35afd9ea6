"""One label for a whole text."""

from __future__ import annotations

from collections.abc import Sequence

from mtl.base.registry import register
from mtl.recipe.task import Slot, Task


@register("task", "text_classification")
class TextClassification(Task):
    """Give every text one label: intent, topic, sentiment."""

    predicts = "class"

    def slots(self, inputs: Sequence[str]) -> tuple[Slot, ...]:
        """Embedding, representation (may be left out), pooling, decoder, output."""
        return (
            Slot("embedding", "embedding", tuple(inputs), default={"type": "word"}),
            Slot("representation", "representation", ("embedding",), optional=True),
            Slot("pooling", "pooling", ("representation",), default={"type": "max"}),
            Slot("decoder", "decoder", ("pooling",), default={"type": "mlp"}),
            Slot("output", "output", ("decoder",), default={"type": "softmax"}),
        )
