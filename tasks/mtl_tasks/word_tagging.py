"""One tag for every token of a text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mtl.base.registry import register
from mtl.recipe.task import Slot, Task
from mtl.text.tag_schemes import Scheme


@register("task", "word_tagging")
class WordTagging(Task):
    """Give every token one tag: slots, entities, chunks, parts of speech.

    The target column holds a tag for each blank-separated word of the text (a list, in which null is a word without a
    tag, or one blank-separated string), or a list of spans: dicts with `start`, `end` (offsets in characters) and
    `label`, or lists of the three. `scheme` says what tags mean: `bio` (`B- I-`), `bioes`, `bilou` (also called BIOUL)
    and `iob1` mark spans (a word that the tokenizer splits becomes `B-x I-x ...`), `plain` ones are taken as they are
    (every piece of a word gets its tag), `auto` decides by the tags of all training rows.
    """

    predicts = "tags"

    def __init__(self, *, scheme: Scheme = "auto") -> None:
        self.scheme = scheme

    def target_options(self) -> dict[str, Any]:
        """Return the scheme: it says how cells are read."""
        return {"scheme": self.scheme}

    def slots(self, inputs: Sequence[str]) -> tuple[Slot, ...]:
        """Embedding, representation (may be left out), decoder, output."""
        return (
            Slot("embedding", "embedding", tuple(inputs), default={"type": "word"}),
            Slot("representation", "representation", ("embedding",), optional=True),
            Slot("decoder", "decoder", ("representation",), default={"type": "mlp"}),
            Slot("output", "output", ("decoder",), default={"type": "softmax"}),
        )
