"""One label for a whole dialog."""

from __future__ import annotations

from collections.abc import Sequence

from mtl.base.registry import register
from mtl.recipe.task import Slot, Task

from .dialog_slots import dialog_slots


@register("task", "dialog_classification")
class DialogClassification(Task):
    """Give every dialog one label, such as what it is about, or what its last utterance asks for.

    The input's column holds lists of texts. Each utterance becomes a vector, `dialog` is a representation over the
    vectors, and `dialog_pooling` makes one vector of them: by default that of the last utterance (Yang et al., 2016,
    "Hierarchical Attention Networks for Document Classification"; SeqNN in PyText: Aly et al., 2018).
    """

    predicts = "class"
    units = "lists"

    def slots(self, inputs: Sequence[str]) -> tuple[Slot, ...]:
        """Embedding, representation (may be left out), pooling, dialog, its pooling, decoder, output."""
        return (
            *dialog_slots(inputs),
            Slot("dialog_pooling", "pooling", ("dialog",), default={"type": "last"}),
            Slot("decoder", "decoder", ("dialog_pooling",), default={"type": "mlp"}),
            Slot("output", "output", ("decoder",), default={"type": "softmax"}),
        )
