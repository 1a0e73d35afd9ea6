"""One label for a whole text."""

from __future__ import annotations

from collections.abc import Sequence

from mtl.base.registry import register
from mtl.recipe.task import Slot

from .scope import ScopedTask
from .text_slots import whole_text_slots


@register("task", "text_classification")
class TextClassification(ScopedTask):
    """Give every text one label: intent, topic, sentiment.

    With `out_of_scope` that label is the answer where no other reaches the output layer's `threshold`: a number or one
    that is found on dev, from rows with that label and others. Rows of train may have it, too. Like those without a
    label they teach no label, but their words are in vocabularies, and what a `teacher` says of them is learned.
    """

    def slots(self, inputs: Sequence[str]) -> tuple[Slot, ...]:
        """Embedding, representation (may be left out), pooling, decoder, wide (may be left out), output."""
        softmax = {"type": "softmax"}
        return whole_text_slots(inputs, output=softmax, bare={**softmax, "label_smoothing": 0.1})
