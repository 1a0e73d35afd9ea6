"""Sequences of vectors, as modules hand them to each other: of the tokens of texts, and of pieces of these.

Shapes: B rows of a batch, T tokens of its longest row, P pieces, D dimensions.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class PaddedSequence(NamedTuple):
    """Padded rows of vectors: `values` [B, T, D], and `lengths` [B] (int64), which are at least 1.

    What comes after a row's length is padding: no module's answer may depend on it.
    """

    values: Tensor
    lengths: Tensor

    def mask(self) -> Tensor:
        """Return [B, T] bool: True where there is a token."""
        positions = torch.arange(self.values.shape[1], device=self.values.device)
        return positions[None, :] < self.lengths[:, None]


class Pieces(NamedTuple):
    """A sequence of the pieces of tokens, [B, P, D], and the way back to the tokens.

    `counts` [B, T]: how many pieces each token has, 0 where padding; `lengths` [B]: tokens. A token's vector is that of
    its first piece or, with `mean`, the mean over its pieces. Representations and poolings get the sequence of pieces;
    to all other modules it comes as one of tokens, unless they are made for pieces (`Module.takes_pieces`). `blanks`
    is how many of a token's last pieces are blanks after it. `before` and `after` are how many vectors of a row come
    before those of its pieces, and after them: they belong to no token.
    """

    sequence: PaddedSequence
    counts: Tensor
    lengths: Tensor
    mean: bool = False
    blanks: int = 0
    before: int = 0
    after: int = 0

    def of_tokens(self) -> PaddedSequence:
        """Return one vector per token, [B, T, D]."""
        if not self.mean:
            return self.first()
        values = self.sequence.values
        return PaddedSequence(self.sums(values) / self.counts.clamp(min=1)[:, :, None].to(values.dtype), self.lengths)

    def first(self) -> PaddedSequence:
        """Return the vector of each token's first piece, [B, T, D]."""
        return self._at(self._first())

    def last(self) -> PaddedSequence:
        """Return the vector of each token's last piece that is no blank, [B, T, D]."""
        first = self._first()
        return self._at(torch.maximum(first + self.counts - 1 - self.blanks, first))

    def sums(self, values: Tensor) -> Tensor:
        """Return the sums of values [B, P, D] over the pieces of each token, [B, T, D]."""
        rows, tokens = self.counts.shape
        owners = self._owners(self._first())[:, :, None].expand(-1, -1, values.shape[2])
        return values.new_zeros(rows, tokens + 1, values.shape[2]).scatter_add(1, owners, values)[:, :tokens]

    def _first(self) -> Tensor:
        return (self.counts.cumsum(1) - self.counts + self.before) * (self.counts > 0)

    def _at(self, places: Tensor) -> PaddedSequence:
        values = self.sequence.values
        return PaddedSequence(values.gather(1, places[:, :, None].expand(-1, -1, values.shape[2])), self.lengths)

    def _owners(self, first: Tensor) -> Tensor:
        """Return [B, P]: the number of each piece's token, T of padding; `first` [B, T] says where tokens begin."""
        rows, pieces = self.sequence.values.shape[:2]
        places = torch.where(self.counts > 0, first, pieces)
        begins = first.new_zeros(rows, pieces + 1).scatter_add(1, places, torch.ones_like(places))
        numbers = begins[:, :pieces].cumsum(1) - 1
        own = self.sequence._replace(lengths=self.sequence.lengths - self.after).mask() & (numbers >= 0)
        return torch.where(own, numbers, self.counts.shape[1])
