"""Any number of labels for a text."""

from __future__ import annotations

from collections.abc import Sequence

from mtl.base.registry import register
from mtl.recipe.task import Slot, Task

from .text_slots import whole_text_slots


@register("task", "multi_label_classification")
class MultiLabelClassification(Task):
    """Give every text all labels that apply to it, or none: topics, emotions, attributes."""

    predicts = "classes"

    def slots(self, inputs: Sequence[str]) -> tuple[Slot, ...]:
        """Embedding, representation (may be left out), pooling, decoder, wide (may be left out), output."""
        return whole_text_slots(inputs, output={"type": "sigmoid"})
