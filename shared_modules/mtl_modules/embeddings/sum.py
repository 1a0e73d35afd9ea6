"""Several embeddings of the same tokens, added."""

from __future__ import annotations

import torch
from torch import Tensor

from mtl.base.registry import register
from mtl.model.module import Embedding, PaddedSequence

from .alike import one_size


@register("embedding", "sum")
class Sum(Embedding):
    """The sum of named parts of one size, as of words and positions (Vaswani et al., 2017, section 3.5).

    Each part is an embedding of its own that may be tied to others: computed once and handed in.
    """

    def __init__(self, *, parts: dict[str, Embedding]) -> None:
        super().__init__()
        self._output_dim = one_size(parts)

    def forward(self, lengths: Tensor, *features: Tensor | PaddedSequence) -> PaddedSequence:
        """Return [B, T, D] for the parts' sequences of [B, T, D]."""
        values = [part.values for part in features if isinstance(part, PaddedSequence)]
        return PaddedSequence(torch.stack(values).sum(0), lengths)

    @property
    def output_dim(self) -> int:
        """Size of a part's vectors."""
        return self._output_dim
