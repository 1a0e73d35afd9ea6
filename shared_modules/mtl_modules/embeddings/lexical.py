"""Which words a text has, whether or not training ever saw them."""

from __future__ import annotations

import torch
from torch import Tensor

from mtl.base.registry import register
from mtl.model.module import Embedding, PaddedSequence
from mtl.text.features import Feature
from mtl.text.lexical_features import InverseDocumentFrequency, WordHash

from ..layers.limits import Count

HALF = 2**16  # a float32 holds integers up to 2**24: a hash of 32 bits is handed on in two halves


@register("embedding", "lexical")
class Lexical(Embedding):
    """A hash and an inverse document frequency of every word: what a scorer counts common words with.

    For the side slots of a ranking task. Tie those of its two texts (`share: {words: [relevance.query.lexical,
    relevance.document.lexical]}`), or each side counts the frequencies of its own texts alone. Words in fewer than
    `min_count` texts count as never seen, with the highest frequency value. Has no weights.
    """

    def __init__(self, features: tuple[Feature, ...], *, min_count: Count = 1) -> None:
        super().__init__()

    @classmethod
    def features(cls, min_count: int = 1) -> tuple[Feature, ...]:
        """The words' hashes, and their inverse document frequencies."""
        return (WordHash(), InverseDocumentFrequency(min_count=min_count))

    def forward(self, lengths: Tensor, *features: Tensor | PaddedSequence) -> PaddedSequence:
        """Return [B, T, 3] for hashes [B, T] and frequencies [B, T]: low and high half of the hash, frequency."""
        hashes, frequencies = features
        if not isinstance(hashes, Tensor) or not isinstance(frequencies, Tensor):
            raise TypeError("a lexical embedding takes hashes and frequencies. Found a sequence.")
        low = torch.remainder(hashes, HALF).to(frequencies.dtype)
        high = torch.div(hashes, HALF, rounding_mode="floor").to(frequencies.dtype)
        return PaddedSequence(torch.stack([low, high, frequencies], -1), lengths)

    @property
    def output_dim(self) -> int:
        """Two halves of a hash and a frequency."""
        return 3


def hashes_of(words: PaddedSequence) -> Tensor:
    """Return [B, T] int64: the hashes that a lexical embedding was made of, 0 where there is no word."""
    values = words.values.masked_fill(~words.mask()[:, :, None], 0.0)
    return values[:, :, 1].to(torch.int64) * HALF + values[:, :, 0].to(torch.int64)
