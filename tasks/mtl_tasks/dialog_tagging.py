"""One label for every utterance of a dialog."""

from __future__ import annotations

from collections.abc import Sequence

from mtl.base.registry import register
from mtl.recipe.task import Slot, Task

from .dialog_slots import dialog_slots


@register("task", "dialog_tagging")
class DialogTagging(Task):
    """Give every utterance of a dialog one label, seen in the whole dialog: dialog acts, intents.

    The input's column holds lists of texts, the target's a list of as many labels. Each utterance becomes a vector,
    `dialog` is a representation over the vectors (Kumar et al., 2018, "Dialogue Act Sequence Labeling").
    """

    predicts = "text_labels"
    units = "lists"

    def slots(self, inputs: Sequence[str]) -> tuple[Slot, ...]:
        """Embedding, representation (may be left out), pooling, dialog, decoder, output."""
        return (
            *dialog_slots(inputs),
            Slot("decoder", "decoder", ("dialog",), default={"type": "mlp"}),
            Slot("output", "output", ("decoder",), default={"type": "softmax"}),
        )
