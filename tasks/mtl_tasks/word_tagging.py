"""One tag for every token of a text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import pydantic

from mtl.base.errors import UsageError
from mtl.base.registry import register
from mtl.recipe.task import Slot, Task
from mtl.text.tag_schemes import Scheme

Rate = Annotated[float, pydantic.Field(ge=0, le=1)]


@register("task", "word_tagging")
class WordTagging(Task):
    """Give every token one tag: slots, entities, chunks, parts of speech.

    The target column holds a tag for each blank-separated word of the text (a list, in which null is a word without a
    tag, or one blank-separated string), or a list of spans: dicts with `start`, `end` (offsets in characters) and
    `label`, or lists of the three. `scheme` says what tags mean: `bio` (`B- I-`), `bioes`, `bilou` (also called BIOUL)
    and `iob1` mark spans (a word that the tokenizer splits becomes `B-x I-x ...`), `plain` ones are taken as they are
    (every piece of a word gets its tag), `auto` decides by the tags of all training rows.

    `swap_values` is the rate at which spans (of `bio`, `bioes` or `bilou`) are replaced in training by another value
    that spans of their label have there, with its tags; labels of the whole row stay. At every pass rows get other
    values, a pure function of seed, pass and row. Source: Dai and Adel (2020), "An Analysis of Simple Data Augmentation
    for Named Entity Recognition", section 3, mention replacement.
    """

    predicts = "tags"

    def __init__(self, *, scheme: Scheme = "auto", swap_values: Rate = 0.0) -> None:
        if swap_values and scheme in ("plain", "iob1"):
            raise UsageError(f"swap_values should come with tags of bio, bioes or bilou. Found the scheme {scheme}.")
        self.scheme = scheme
        self.swap_values = swap_values

    def target_options(self) -> dict[str, Any]:
        """Return the scheme: it says how cells are read."""
        return {"scheme": self.scheme}

    def slots(self, inputs: Sequence[str]) -> tuple[Slot, ...]:
        """Embedding, representation (may be left out), decoder, output."""
        return token_slots(inputs)


def token_slots(inputs: Sequence[str]) -> tuple[Slot, ...]:
    """Return embedding, representation (may be left out), decoder and output, over the tokens of a text."""
    return (
        Slot("embedding", "embedding", tuple(inputs), default={"type": "word"}),
        Slot("representation", "representation", ("embedding",), optional=True),
        Slot("decoder", "decoder", ("representation",), default={"type": "mlp"}),
        Slot("output", "output", ("decoder",), default={"type": "softmax"}),
    )
