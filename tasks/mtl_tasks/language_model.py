"""The next token of a text, from those before it, or the previous one from those after it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import pydantic

from mtl.base.errors import WrongKeyError
from mtl.base.registry import register
from mtl.recipe.task import Slot, Task


@register("task", "language_model")
class LanguageModel(Task):
    """Predict each token of a text from those before it; with `direction: backward`, from those after it.

    There is no `target`: what is predicted is the text, in the vocabulary of the embedding that is the output layer's
    part `words`. Tied to the task's embedding it is one table of vectors for input and output (Press and Wolf, 2017;
    Inan et al., 2017): `share: {words: [lm.embedding, lm.output.words]}`. The representation should be causal: none of
    its vectors may depend on later tokens (backward: on earlier ones, as of `lstm` and `gru` with this direction). With
    `ends` the end of each text is predicted too (backward: its beginning); `ends: false` is for running text that is
    cut anywhere (`format: plain_text`).

    With `bptt` the rows of the source are one running text, in their order, which is read on over their ends: a batch
    has the next `bptt` tokens at as many places of the text as it has rows, begins with the states in which the batch
    before it has ended, and gradients go back to its own beginning only (truncated back-propagation through time;
    Mikolov et al., 2010; Merity et al., 2018). Dev and test are read so from beginning to end. It is for models whose
    representations carry a state (`lstm`, `gru`). The exported graph begins anew with each text.

    What is predicted are words, with `tokenizer: characters` characters without white space, and with an embedding
    `character` the characters of each token and a blank after it, whose probabilities make up the token's. The states
    of a model of each direction make an embedding of words (`contextual`).

    Answers are the logarithms of the probabilities of all tokens, their sum, and the `top` most probable next ones
    (backward: previous ones).
    """

    predicts = "next_token"
    target_optional = True

    def __init__(
        self,
        *,
        ends: bool = True,
        direction: Literal["forward", "backward"] = "forward",
        bptt: Annotated[int, pydantic.Field(ge=1)] | None = None,
    ) -> None:
        if bptt is not None and ends:
            raise WrongKeyError(
                "bptt",
                "'bptt' should come with 'ends: false', as the text goes on where a row ends. Found 'ends: true'.",
            )
        if bptt is not None and direction == "backward":
            raise WrongKeyError(
                "bptt",
                "'bptt' should come with 'direction: forward', as the text is read on. Found 'direction: backward'.",
            )
        self.bptt = bptt
        which = "next_token" if direction == "forward" else "previous_token"
        self.predicts = which if ends else f"{which}_of_stream"  # type: ignore[misc]  # of this task alone
        self.direction = direction

    def target_options(self) -> dict[str, Any]:
        """Say whether rows are one running text."""
        return {"running": self.bptt is not None}

    def slots(self, inputs: Sequence[str]) -> tuple[Slot, ...]:
        """Embedding, representation (may be left out), output."""
        return (
            Slot("embedding", "embedding", tuple(inputs), default={"type": "word"}),
            Slot("representation", "representation", ("embedding",), optional=True, default=self._states()),
            Slot("output", "output", ("representation", *inputs), default={"type": "language_model"}),
        )

    def _states(self) -> dict[str, str]:
        return {"type": "lstm"} if self.direction == "forward" else {"type": "lstm", "direction": "backward"}
