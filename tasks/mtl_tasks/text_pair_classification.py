"""One label for two texts."""

from __future__ import annotations

from collections.abc import Sequence

from mtl.base.registry import register
from mtl.recipe.task import Slot

from .scope import ScopedTask
from .text_slots import OnePass, both, one_row_slots, text_slots


@register("task", "text_pair_classification")
class TextPairClassification(ScopedTask):
    """Give every two texts one label: entailment, duplicates, paraphrases.

    The recipe names the two inputs. Each has an embedding, a representation (may be left out) and a pooling of its
    own, tied or not; `matching` makes one vector of the two texts, from which the label is decoded.

    With `out_of_scope` that label is the answer where no other reaches the output layer's `threshold`: a number or one
    that is found on dev, from rows with that label and others. Rows of train may have it, too. Like those without a
    label they teach no label, but their words are in vocabularies, and what a `teacher` says of them is learned.

    With `one_pass` an embedding that can (`transformer`) reads both texts in one row, and there is one embedding, one
    representation and one pooling. Where a row has no room for all pieces, the longer text loses its last ones
    (`longest_first`) or the second one (`only_second`).
    """

    input_roles = ("first text", "second text")

    def __init__(self, *, out_of_scope: str | None = None, one_pass: OnePass | None = None) -> None:
        super().__init__(out_of_scope=out_of_scope)
        self.one_pass = one_pass

    def inputs(self) -> None:
        """Return None: the recipe names them."""

    def slots(self, inputs: Sequence[str]) -> tuple[Slot, ...]:
        """Embedding, representation and pooling of each text, and matching; or of both at once. Decoder, output."""
        texts = (
            (
                *text_slots(inputs, pooling={"type": "max"}),
                Slot("matching", "matching", both(inputs, "pooling"), default={"type": "comparison"}),
            )
            if self.one_pass is None
            else one_row_slots(inputs, self.one_pass)
        )
        return (
            *texts,
            Slot("decoder", "decoder", (texts[-1].name,), default={"type": "mlp"}),
            Slot("output", "output", ("decoder",), default={"type": "softmax"}),
        )
