"""A number for a text."""

from __future__ import annotations

from collections.abc import Sequence

from mtl.base.registry import register
from mtl.recipe.task import Slot, Task

from .text_slots import whole_text_slots


@register("task", "text_regression")
class TextRegression(Task):
    """Give every text a number: a rating, a price, a readability."""

    predicts = "number"

    def slots(self, inputs: Sequence[str]) -> tuple[Slot, ...]:
        """Embedding, representation (may be left out), pooling, decoder, wide (may be left out), output."""
        return whole_text_slots(inputs, output={"type": "regression"})
