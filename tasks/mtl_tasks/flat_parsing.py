"""The intent and the slots of a tree's outermost bracket, as tasks of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mtl.base.registry import register
from mtl.data.targets.tree_cells import Unsupported
from mtl.recipe.task import Slot, Task

from .text_slots import whole_text_slots
from .word_tagging import token_slots


class OfTree(Task):
    """A task whose target column holds trees in brackets, as that of `semantic_parsing` does."""

    def __init__(self, *, unsupported: Unsupported = "keep") -> None:
        self.unsupported = unsupported

    def target_options(self) -> dict[str, Any]:
        """Return what becomes of trees with unsupported intents."""
        return {"unsupported": self.unsupported}


@register("task", "tree_intent")
class TreeIntent(OfTree):
    """Give every text the intent of its tree's outermost bracket, without `IN:`.

    The target column holds trees, as that of `semantic_parsing` does; `unsupported` says the same here.
    """

    predicts = "intent_of_tree"

    def slots(self, inputs: Sequence[str]) -> tuple[Slot, ...]:
        """Embedding, representation (may be left out), pooling, decoder, wide (may be left out), output."""
        return whole_text_slots(inputs, output={"type": "softmax"})


@register("task", "tree_slots")
class TreeSlots(OfTree):
    """Give every token a BIO tag of the slots in the outermost intent of its text's tree, without `SL:`.

    What is inside a slot is not tagged. The target column holds trees, as that of `semantic_parsing` does;
    `unsupported` says the same here.
    """

    predicts = "slots_of_tree"

    def slots(self, inputs: Sequence[str]) -> tuple[Slot, ...]:
        """Embedding, representation (may be left out), decoder, output."""
        return token_slots(inputs)
