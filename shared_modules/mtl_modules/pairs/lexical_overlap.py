"""How many words of a query a document has, counted from hashes: names that training never saw match too."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mtl.model.module import PaddedSequence

from ..embeddings.lexical import hashes_of

K1, B = 1.2, 0.75


class LexicalOverlap(nn.Module):
    """Five numbers per pair from the words of two texts, as a `lexical` embedding gives them.

    - the share of the query's words that the document has, weighted by inverse document frequency;
    - the same without weights;
    - a sum that saturates in the count of each word, BM25 (Robertson and Zaragoza, 2009, section 3.4), whose k1 (from
      1.2), b (from 0.75) and average length (from `average_length` words) are learned;
    - the share of the query's pairs of neighbours that are neighbours in the document, too;
    - the logarithm of the document's length and 1.

    A repeated word of the query counts as often as it occurs. All but the length are 0 where a text is empty. Needs
    memory of a few values for each pair of a query's word and a document's word.
    """

    SIZE = 5
    BM25 = 2  # position of the sum that saturates

    def __init__(self, average_length: float) -> None:
        super().__init__()
        self.average_length = average_length
        # Distances from the usual values, as logarithms and log-odds: weight decay leads back to them.
        self.k1 = nn.Parameter(torch.zeros(()))
        self.b = nn.Parameter(torch.zeros(()))
        self.average = nn.Parameter(torch.zeros(()))

    def forward(self, query: PaddedSequence, document: PaddedSequence) -> Tensor:
        """Return [P, 5] for [P, Tq, 3] and [P, Td, 3]."""
        words, others = hashes_of(query), hashes_of(document)
        real = (words != 0).to(query.values.dtype)
        size = (others != 0).sum(1, keepdim=True).to(query.values.dtype)
        counts = _matches(words, others).to(query.values.dtype).sum(2) * real  # [P, Tq]
        found = (counts > 0).to(query.values.dtype)
        weights = query.values[:, :, 2].masked_fill(~query.mask(), 0.0)
        pairs, other_pairs = _pairs(words), _pairs(others)
        follows = torch.bitwise_and(words != 0, _next(words) != 0)
        together = torch.bitwise_and(_matches(pairs, other_pairs).any(2), follows)
        features = [
            _share((weights * found).sum(1), weights.sum(1)),
            _share(found.sum(1), real.sum(1)),
            (weights * self._saturated(counts, size)).sum(1),
            _share(together.sum(1).to(real.dtype), follows.sum(1).to(real.dtype)),
            size.squeeze(1).log1p(),
        ]
        return torch.stack(features, 1)

    def _saturated(self, counts: Tensor, size: Tensor) -> Tensor:
        k1, b = K1 * self.k1.exp(), (self.b + math.log(B / (1 - B))).sigmoid()
        norm = k1 * (torch.ones_like(b) - b + b * size / (self.average_length * self.average.exp()))
        return counts * (k1 + 1) / (counts + norm)


def _matches(some: Tensor, others: Tensor) -> Tensor:
    return some[:, :, None] == others[:, None, :]


def _next(hashes: Tensor) -> Tensor:
    """Return the hash of each word's right neighbour, 0 where it has none."""
    return F.pad(hashes, (0, 1))[:, 1:]


def _pairs(hashes: Tensor) -> Tensor:
    """Return one int64 per word, for the word and its right neighbour; equal for equal pairs only.

    The first half is moved to the middle, so that nothing overflows.
    """
    return (hashes - 2**31) * 2**32 + _next(hashes)


def _share(part: Tensor, whole: Tensor) -> Tensor:
    return torch.where(whole > 0, part / torch.where(whole > 0, whole, 1.0), 0.0)
