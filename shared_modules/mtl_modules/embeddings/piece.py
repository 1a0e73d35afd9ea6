"""One trainable vector per piece of a token."""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn

from mtl.base.registry import register
from mtl.model.module import Embedding, PaddedSequence, Pieces
from mtl.text.features import Feature
from mtl.text.pieces import PieceCounts, PieceIds
from mtl.text.vocabulary import FIRST, PADDING

from ..layers.limits import Count


@register("embedding", "piece")
class PieceEmbedding(Embedding):
    """A table of vectors of the pieces that the tokenizer makes of tokens, trained with the model.

    Those of `wordpiece` and `unigram` are the pieces of their file; other tokenizers that come with the library have
    whole tokens for pieces, and one of your own may have smaller ones.

    Representations and poolings read the sequence of all pieces. Where a vector per token is needed (to tag them, or
    beside other embeddings), it is that of the token's `first` piece, or the `mean` over its pieces. `dim` is the size
    of a vector; `min_count` and `max_size` limit the vocabulary.
    """

    def __init__(
        self,
        features: tuple[Feature, ...],
        *,
        dim: Count = 100,
        min_count: Count = 1,
        max_size: Count | None = None,
        token_pooling: Literal["first", "mean"] = "first",
    ) -> None:
        super().__init__()
        size = features[0].size
        self.mean = token_pooling == "mean"
        self.table = nn.Embedding(FIRST if size is None else size, dim, padding_idx=PADDING)

    @classmethod
    def features(cls, min_count: int = 1, max_size: int | None = None) -> tuple[Feature, ...]:
        """The ids of pieces under a vocabulary of their own, and how many each token has."""
        return (PieceIds(min_count=min_count, max_size=max_size), PieceCounts())

    def forward(self, lengths: Tensor, *features: Tensor | PaddedSequence) -> Pieces:
        """Return [B, P, dim] for the ids of pieces [B, P] and how many each token has [B, T]."""
        ids, counts = features
        if not isinstance(ids, Tensor) or not isinstance(counts, Tensor):
            raise TypeError("a piece embedding takes ids and counts. Found sequences.")
        return Pieces(PaddedSequence(self.table(ids), counts.sum(1)), counts, lengths, self.mean)

    @property
    def output_dim(self) -> int:
        """Size of a vector."""
        return self.table.embedding_dim
