"""One trainable vector per category."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from mtl.base.registry import register
from mtl.model.module import Embedding, PaddedSequence
from mtl.text.category_features import CategoryIds, CategoryWeights
from mtl.text.features import Feature, WordIds
from mtl.text.vocabulary import FIRST, PADDING, UNKNOWN

from ..layers.limits import Count, Rate


@register("embedding", "categorical")
class Categorical(Embedding):
    """A table of vectors of categories, trained with the model (Guo and Berkhahn, 2016); for a column of values.

    `dim` is the size of a vector. Values seen fewer than `min_count` times in training, and all but the `max_size` most
    frequent, share one vector with those that training never had, and so do others at the rate `dropout` while it is
    trained. A missing value has zeros.

    With `lists` a cell is a list of categories with weights (`tokenizer: categories`), whose vectors become one: their
    weighted `mean`, or their weighted `sum`. A list that is empty, or whose weights are all 0, has zeros.
    """

    def __init__(
        self,
        features: tuple[Feature, ...],
        *,
        dim: Count = 16,
        min_count: Count = 1,
        max_size: Count | None = None,
        dropout: Rate = 0.0,
        lists: Literal["mean", "sum"] | None = None,
    ) -> None:
        super().__init__()
        size = features[0].size
        self.dropout = dropout
        self.lists = lists
        self.table = nn.Embedding(FIRST if size is None else size, dim, padding_idx=PADDING)

    @classmethod
    def features(cls, min_count: int = 1, max_size: int | None = None, lists: str | None = None) -> tuple[Feature, ...]:
        """The values' ids under a vocabulary of their own; of lists, their weights, too."""
        if lists is None:
            return (WordIds(min_count=min_count, max_size=max_size),)
        return CategoryIds(min_count=min_count, max_size=max_size), CategoryWeights()

    def forward(self, lengths: Tensor, *features: Tensor | PaddedSequence) -> PaddedSequence:
        """Return [B, T, dim] for ids [B, T]; of lists, [B, 1, dim] for ids [B, T] and weights [B, T]."""
        ids, *weights = features
        if not isinstance(ids, Tensor):
            raise TypeError(f"a categorical embedding takes ids. Found {type(ids).__name__}.")
        if self.training and self.dropout:
            dropped = torch.rand(ids.shape, device=ids.device) < self.dropout
            ids = torch.where(dropped & (ids != PADDING), UNKNOWN, ids)
        vectors = self.table(ids)
        if not weights:
            return PaddedSequence(vectors, lengths)
        return PaddedSequence(self._together(vectors, weights[0]), torch.ones_like(lengths))

    def _together(self, vectors: Tensor, weights: Tensor | PaddedSequence) -> Tensor:
        """Return one vector a list, [B, 1, dim], of vectors [B, T, dim] and weights [B, T]."""
        if not isinstance(weights, Tensor):
            raise TypeError(f"a categorical embedding takes weights. Found {type(weights).__name__}.")
        if self.lists == "mean":
            total = weights.sum(1, keepdim=True)
            weights = weights / torch.where(total > 0, total, 1.0)
        return torch.bmm(weights[:, None].to(vectors.dtype), vectors)

    @property
    def output_dim(self) -> int:
        """Size of a vector."""
        return self.table.embedding_dim
