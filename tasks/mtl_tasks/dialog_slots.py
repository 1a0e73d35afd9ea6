"""What the utterances of a dialog have in a task's model, up to a vector of each that knows the others."""

from __future__ import annotations

from collections.abc import Sequence

from mtl.recipe.task import Slot


def dialog_slots(inputs: Sequence[str]) -> tuple[Slot, ...]:
    """Return embedding, representation (may be left out) and pooling of each utterance; `dialog` over all of them."""
    return (
        Slot("embedding", "embedding", tuple(inputs), default={"type": "word"}),
        Slot("representation", "representation", ("embedding",), optional=True),
        Slot("pooling", "pooling", ("representation",), default={"type": "max"}),
        Slot("dialog", "representation", ("pooling",), default={"type": "bilstm"}, units=True),
    )
