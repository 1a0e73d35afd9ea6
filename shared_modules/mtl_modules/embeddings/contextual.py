"""A word's vector from the states of two language models at its place in the text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor

from mtl.base.registry import register
from mtl.model.module import Embedding, PaddedSequence, Pieces, Representation


@register("embedding", "contextual")
class Contextual(Embedding):
    """The states of two language models side by side, one of each direction: a word's vector knows its context.

    `words` is what both read. Where these are characters (`character`), a token's vector is the state of the `forward`
    model after its last character beside that of the `backward` model at its first one (Akbik et al., 2018, section
    2.2). Where they are whole words, it is the states at the word, the highest layer of Peters et al. (2018, section
    3). All three are modules of their own: they come from a run of `language_model` tasks by `from: RUN#COMPONENT`,
    with `freeze: true` or to be trained further, or are tied to such tasks of one recipe.
    """

    reader: ClassVar[str] = "words"
    directions: ClassVar[Mapping[str, str]] = {"forward": "forward", "backward": "backward"}
    takes_pieces: ClassVar[bool] = True

    def __init__(self, *, words: Embedding, forward: Representation, backward: Representation) -> None:
        super().__init__()
        self._output_dim = forward.output_dim + backward.output_dim

    @classmethod
    def causal(cls, values: Mapping[str, Any]) -> bool:
        """Say that the backward model sees later tokens."""
        return False

    def forward(self, lengths: Tensor, *features: Any) -> PaddedSequence:
        """Return [B, T, sum of D] for the states of both models, [B, T, D] of tokens or [B, P, D] of pieces."""
        ahead, back = features
        last = ahead.last() if isinstance(ahead, Pieces) else ahead
        first = back.first() if isinstance(back, Pieces) else back
        return PaddedSequence(torch.cat([last.values, first.values], -1), lengths)

    @property
    def output_dim(self) -> int:
        """Sum of the models' sizes."""
        return self._output_dim
