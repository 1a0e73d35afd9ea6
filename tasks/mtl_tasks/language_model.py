"""The next token of a text, from those before it."""

from __future__ import annotations

from collections.abc import Sequence

from mtl.base.registry import register
from mtl.recipe.task import Slot, Task


@register("task", "language_model")
class LanguageModel(Task):
    """Predict each token of a text from those before it: words or characters, as the input's tokenizer cuts them.

    There is no `target`: what is predicted is the text, in the vocabulary of the embedding that is the output layer's
    part `words`. Tied to the task's embedding it is one table of vectors for input and output (Press and Wolf, 2017;
    Inan et al., 2017): `share: {words: [lm.embedding, lm.output.words]}`. The representation should be causal: none of
    its vectors may depend on later tokens. With `ends` the end of each text is predicted too; `ends: false` is for
    running text that is cut anywhere (`format: plain_text`).

    Answers are the logarithms of the probabilities of all tokens, their sum, and the `top` most probable next ones.
    """

    predicts = "next_token"
    target_optional = True

    def __init__(self, *, ends: bool = True) -> None:
        if not ends:
            self.predicts = "next_token_of_stream"  # type: ignore[misc]  # of this task alone

    def slots(self, inputs: Sequence[str]) -> tuple[Slot, ...]:
        """Embedding, representation (may be left out), output."""
        return (
            Slot("embedding", "embedding", tuple(inputs), default={"type": "word"}),
            Slot("representation", "representation", ("embedding",), optional=True, default={"type": "lstm"}),
            Slot("output", "output", ("representation", *inputs), default={"type": "language_model"}),
        )
