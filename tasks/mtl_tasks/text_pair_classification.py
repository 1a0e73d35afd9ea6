"""One label for two texts."""

from __future__ import annotations

from collections.abc import Sequence

from mtl.base.registry import register
from mtl.recipe.task import Slot

from .scope import ScopedTask
from .text_slots import both, text_slots


@register("task", "text_pair_classification")
class TextPairClassification(ScopedTask):
    """Give every two texts one label: entailment, duplicates, paraphrases.

    The recipe names the two inputs. Each has an embedding, a representation (may be left out) and a pooling of its
    own, tied or not; `matching` makes one vector of the two texts, from which the label is decoded.

    With `out_of_scope` that label is the answer where no other reaches the output layer's `threshold`: a number or one
    that is found on dev, from rows with that label and others. Rows of train may have it, too. Like those without a
    label they teach no label, but their words are in vocabularies, and what a `teacher` says of them is learned.
    """

    input_roles = ("first text", "second text")

    def inputs(self) -> None:
        """Return None: the recipe names them."""

    def slots(self, inputs: Sequence[str]) -> tuple[Slot, ...]:
        """Embedding, representation and pooling of each text; matching, decoder, output."""
        return (
            *text_slots(inputs, pooling={"type": "max"}),
            Slot("matching", "matching", both(inputs, "pooling"), default={"type": "comparison"}),
            Slot("decoder", "decoder", ("matching",), default={"type": "mlp"}),
            Slot("output", "output", ("decoder",), default={"type": "softmax"}),
        )
