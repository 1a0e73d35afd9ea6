"""A tree of intents and slots over the words of a text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mtl.base.registry import register
from mtl.data.targets.tree_cells import Unsupported
from mtl.recipe.task import TARGET, Slot, Task


@register("task", "semantic_parsing")
class SemanticParsing(Task):
    """Find what is asked for as a tree of intents and slots, in one another: task-oriented semantic parsing.

    The target column holds the tree in brackets, `[IN:GET_EVENT Any [SL:CATEGORY_EVENT holiday ] events ]`, with the
    words of the text in their order; white space between them may differ. Brackets should begin and end where tokens
    do. With `unsupported: leave_out` texts with an intent whose name begins with UNSUPPORTED are left out of training
    and figures, as in the source.

    Source: Gupta, Shah, Mohit, Kumar and Lewis (2018), "Semantic Parsing for Task Oriented Dialog using Hierarchical
    Representations".
    """

    predicts = "tree"

    def __init__(self, *, unsupported: Unsupported = "keep") -> None:
        self.unsupported = unsupported

    def target_options(self) -> dict[str, Any]:
        """Return what becomes of trees with unsupported intents."""
        return {"unsupported": self.unsupported}

    def slots(self, inputs: Sequence[str]) -> tuple[Slot, ...]:
        """Embedding, representation (may be left out), decoder, output."""
        return (
            Slot("embedding", "embedding", tuple(inputs), default={"type": "word"}),
            Slot("representation", "representation", ("embedding",), optional=True, default={"type": "bilstm"}),
            Slot("decoder", "decoder", ("representation", TARGET), default={"type": "transition"}),
            Slot("output", "output", ("decoder",), default={"type": "transition"}),
        )
