"""Several embeddings of the same tokens, side by side."""

from __future__ import annotations

import torch
from torch import Tensor

from mtl.base.registry import register
from mtl.model.module import Embedding, PaddedSequence


@register("embedding", "concat")
class Concat(Embedding):
    """The concatenation of named parts, each an embedding of its own that may be tied to others.

    Holds no part: each is a component of the sharing graph, computed once and handed in.
    """

    def __init__(self, *, parts: dict[str, Embedding]) -> None:
        super().__init__()
        self._output_dim = sum(part.output_dim for part in parts.values())

    def forward(self, lengths: Tensor, *features: Tensor | PaddedSequence) -> PaddedSequence:
        """Return [B, T, sum of D] for the parts' sequences, in the order of the recipe."""
        values = [part.values for part in features if isinstance(part, PaddedSequence)]
        return PaddedSequence(torch.cat(values, dim=-1) if len(values) > 1 else values[0], lengths)

    @property
    def output_dim(self) -> int:
        """Sum of the parts' sizes."""
        return self._output_dim
