"""One trainable vector per category."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mtl.base.registry import register
from mtl.model.module import Embedding, PaddedSequence
from mtl.text.features import Feature, WordIds
from mtl.text.vocabulary import FIRST, PADDING, UNKNOWN

from ..layers.limits import Count, Rate


@register("embedding", "categorical")
class Categorical(Embedding):
    """A table of vectors of categories, trained with the model (Guo and Berkhahn, 2016); for a column of values.

    `dim` is the size of a vector. Values seen fewer than `min_count` times in training, and all but the `max_size` most
    frequent, share one vector with those that training never had, and so do others at the rate `dropout` while it is
    trained. A missing value has zeros.
    """

    def __init__(
        self,
        features: tuple[Feature, ...],
        *,
        dim: Count = 16,
        min_count: Count = 1,
        max_size: Count | None = None,
        dropout: Rate = 0.0,
    ) -> None:
        super().__init__()
        size = features[0].size
        self.dropout = dropout
        self.table = nn.Embedding(FIRST if size is None else size, dim, padding_idx=PADDING)

    @classmethod
    def features(cls, min_count: int = 1, max_size: int | None = None) -> tuple[Feature, ...]:
        """The values' ids under a vocabulary of their own."""
        return (WordIds(min_count=min_count, max_size=max_size),)

    def forward(self, lengths: Tensor, *features: Tensor | PaddedSequence) -> PaddedSequence:
        """Return [B, T, dim] for ids [B, T]."""
        (ids,) = features
        if not isinstance(ids, Tensor):
            raise TypeError(f"a categorical embedding takes ids. Found {type(ids).__name__}.")
        if self.training and self.dropout:
            dropped = torch.rand(ids.shape, device=ids.device) < self.dropout
            ids = torch.where(dropped & (ids != PADDING), UNKNOWN, ids)
        return PaddedSequence(self.table(ids), lengths)

    @property
    def output_dim(self) -> int:
        """Size of a vector."""
        return self.table.embedding_dim
