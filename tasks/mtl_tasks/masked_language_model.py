"""The words of masked positions of a text, from all others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import pydantic

from mtl.base.errors import WrongKeyError
from mtl.base.registry import register
from mtl.recipe.task import Masking, Slot, Task

Share = Annotated[float, pydantic.Field(ge=0, le=1)]


@register("task", "masked_language_model")
class MaskedLanguageModel(Task):
    """Predict words of a text that are masked, from those on both sides (Devlin et al., 2019, section 3.1).

    At every pass, other positions of each text are chosen, `rate` of its tokens and at least one. Of these `masked`
    become the word `mask`, which has an entry in the vocabulary, `random` another word of the vocabulary, and the rest
    stay. On dev and test the positions follow from the row alone. `mask` should be one token of the input. There is no
    `target`: words are those of the embedding that is the output layer's part `words`, those outside of the vocabulary
    one word, and figures are over the chosen positions. Other tasks should have other sources.

    Answers are the `top` most probable words at each token of a text, which a user may write with masks.
    """

    predicts = "masked_token"
    target_optional = True

    def __init__(self, *, mask: str = "_", rate: Share = 0.15, masked: Share = 0.8, random: Share = 0.1) -> None:
        if masked + random > 1:
            raise WrongKeyError(
                "masked", f"'masked' and 'random' should add up to 1 at most. Found {masked:g} and {random:g}."
            )
        if not rate:
            raise WrongKeyError("rate", "'rate' should be above 0, so that there is something to predict. Found 0.")
        self.masking = Masking(mask, rate, masked, random)

    def slots(self, inputs: Sequence[str]) -> tuple[Slot, ...]:
        """Embedding, representation (may be left out), output."""
        return (
            Slot("embedding", "embedding", tuple(inputs), default={"type": "word"}),
            Slot("representation", "representation", ("embedding",), optional=True, default={"type": "bilstm"}),
            Slot("output", "output", ("representation", *inputs), default={"type": "masked_language_model"}),
        )
