"""One trainable vector per character: texts as sequences of characters."""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn

from mtl.base.registry import register
from mtl.model.lexicon import Lexicon
from mtl.model.module import PaddedSequence, Pieces
from mtl.text.features import Feature
from mtl.text.spelling import SpelledCounts, SpelledIds
from mtl.text.vocabulary import FIRST, PADDING

from ..layers.limits import Count, Positive, WordLength


@register("embedding", "character")
class CharacterEmbedding(Lexicon):
    """A table of vectors of characters: the sequence of those of all tokens, with a blank after each token.

    Representations and poolings read the characters of the whole text. It is what language models of characters are
    made with (`language_model`), and what `contextual` reads. Where a vector per token is needed, it is that of the
    token's `first` character, or the `mean` over its characters and the blank. `dim` is the size of a vector. Words are
    cut to `max_length` characters; characters seen fewer than `min_count` times share one vector. `initial` is the
    deviation of the random numbers that vectors begin with.
    """

    def __init__(
        self,
        features: tuple[Feature, ...],
        *,
        dim: Count = 50,
        max_length: WordLength = 32,
        min_count: Count = 1,
        token_pooling: Literal["first", "mean"] = "first",
        initial: Positive = 1.0,
    ) -> None:
        super().__init__()
        self.words = features[0]
        self.mean = token_pooling == "mean"
        self.table = nn.Embedding(FIRST if self.words.size is None else self.words.size, dim, padding_idx=PADDING)
        self.table.weight.data *= initial

    @classmethod
    def features(cls, min_count: int = 1, max_length: int = 32) -> tuple[Feature, ...]:
        """The ids of characters under an alphabet of their own, and how many each token has."""
        return (SpelledIds(min_count=min_count, max_length=max_length), SpelledCounts(max_length=max_length))

    def forward(self, lengths: Tensor, *features: Tensor | PaddedSequence) -> Pieces:
        """Return [B, P, dim] for the ids of characters [B, P] and how many each token has [B, T]."""
        ids, counts = _checked(features)
        return Pieces(PaddedSequence(self.table(ids), counts.sum(1)), counts, lengths, self.mean, blanks=1)

    def ids(self, lengths: Tensor, *features: Tensor | PaddedSequence) -> Pieces:
        """Return the ids of characters as pieces, [B, P, 1]."""
        ids, counts = _checked(features)
        return Pieces(PaddedSequence(ids[:, :, None], counts.sum(1)), counts, lengths, blanks=1)

    @property
    def output_dim(self) -> int:
        """Size of a vector."""
        return self.table.embedding_dim


def _checked(features: tuple[Tensor | PaddedSequence, ...]) -> tuple[Tensor, Tensor]:
    ids, counts = features
    if not isinstance(ids, Tensor) or not isinstance(counts, Tensor):
        raise TypeError("an embedding of characters takes ids and counts. Found sequences.")
    return ids, counts
