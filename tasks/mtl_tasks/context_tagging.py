"""One tag for every token of a text, given what was said before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mtl.base.registry import register
from mtl.recipe.task import Slot, Task
from mtl.text.tag_schemes import Scheme

from .text_slots import text_slots


@register("task", "context_tagging")
class ContextTagging(Task):
    """Give every token of a dialog's last utterance one tag, where earlier utterances say what it means.

    Its inputs are `text`, the last utterance, and `context`, the earlier ones: a text, or a list of them, which is read
    as one text; it may be empty. Target and `scheme` are those of `word_tagging`. Each input has an embedding and a
    representation (may be left out), tied or not; `context.pooling` makes a vector of the context, which the decoder
    gets at every token (as the session's vector in Gupta et al., 2019, "CASA-NLU: Context-Aware Self-Attentive Natural
    Language Understanding for Task-Oriented Chatbots", section 3).
    """

    predicts = "tags"
    input_roles = ("last utterance", "earlier ones")

    def __init__(self, *, scheme: Scheme = "auto") -> None:
        self.scheme = scheme

    def target_options(self) -> dict[str, Any]:
        """Return the scheme: it says how cells are read."""
        return {"scheme": self.scheme}

    def inputs(self) -> tuple[str, ...]:
        """Return the text that is tagged, and the one that was before it."""
        return ("text", "context")

    def target_input(self, inputs: Sequence[str]) -> str:
        """Return the text that is tagged."""
        return "text"

    def slots(self, inputs: Sequence[str]) -> tuple[Slot, ...]:
        """Embedding and representation of each text, pooling of the context, decoder, output."""
        return (
            *(slot for name in ("text", "context") for slot in tuple(text_slots([name]))[:2]),
            Slot("context.pooling", "pooling", ("context.representation",), default={"type": "max"}),
            Slot("decoder", "decoder", ("text.representation", "context.pooling"), default={"type": "mlp"}),
            Slot("output", "output", ("decoder",), default={"type": "softmax"}),
        )
