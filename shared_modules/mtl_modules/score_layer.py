"""The last layer of scorers that are not separable: one number from what was compared, and from common words."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mtl.errors import UsageError
from mtl.module import Sequence

from .lexical_overlap import LexicalOverlap


class ScoreLayer(nn.Module):
    """A linear layer over features of a pair and, where both texts have lexical side branches, what these share.

    With them a score starts as BM25 plus what the other features say: the weight of that sum starts at 1, those of the
    other lexical features at 0.
    """

    def __init__(self, size: int, side_sizes: tuple[int, ...], average_length: float) -> None:
        super().__init__()
        if any(side != 3 for side in side_sizes):
            raise UsageError(
                "the side branches should be lexical embeddings, of 3 numbers a word. "
                f"Found {' and '.join(map(str, side_sizes))}."
            )
        self.linear = nn.Linear(size, 1)
        self.overlap = LexicalOverlap(average_length) if side_sizes else None
        if side_sizes:
            weight = torch.zeros(LexicalOverlap.SIZE)
            weight[LexicalOverlap.BM25] = 1.0
            self.lexical = nn.Parameter(weight)

    def forward(self, features: Tensor, sides: tuple[Sequence, ...]) -> Tensor:
        """Return [P] for features [P, size] and the two texts' words."""
        scores: Tensor = self.linear(features).squeeze(-1)
        if self.overlap is None:
            return scores
        shared: Tensor = self.overlap(*sides)
        return scores + shared @ self.lexical
