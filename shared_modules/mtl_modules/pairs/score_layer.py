"""The last layer of scorers that are not separable: one number from what was compared, and from common words."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mtl.base.errors import UsageError
from mtl.model.module import PaddedSequence

from .lexical_overlap import LexicalOverlap

HIDDEN = 16
SCALES = (1.0, 1.0, 0.1, 1.0, 0.2)  # bring what words share to about 1, so that no hidden unit starts at its bounds


class ScoreLayer(nn.Module):
    """A linear layer over features of a pair and, where both texts have lexical side branches, what these share.

    What they share enters twice: as it is, and through 16 hidden units. A score starts as BM25 plus what the other
    features say: the weight of that sum starts at 1, those of the other four numbers at 0.
    """

    scales: Tensor

    def __init__(self, size: int, side_sizes: tuple[int, ...], average_length: float) -> None:
        super().__init__()
        if any(side != 3 for side in side_sizes):
            raise UsageError(
                "the side branches should be lexical embeddings, of 3 numbers per word. "
                f"Found {' and '.join(map(str, side_sizes))}."
            )
        self.linear = nn.Linear(size + (HIDDEN if side_sizes else 0), 1)
        self.overlap = LexicalOverlap(average_length) if side_sizes else None
        if side_sizes:
            weight = torch.zeros(LexicalOverlap.SIZE)
            weight[LexicalOverlap.BM25] = 1.0
            self.lexical = nn.Parameter(weight)
            self.hidden = nn.Sequential(nn.Linear(LexicalOverlap.SIZE, HIDDEN), nn.Tanh())
            self.register_buffer("scales", torch.tensor(SCALES), persistent=False)

    def set_prior(self, scores: Tensor) -> None:
        """Set the bias [1]; with lexical side branches scores begin as BM25, which has a scale of its own."""
        if self.overlap is None:
            self.linear.bias.data.copy_(scores)

    def forward(self, features: Tensor, sides: tuple[PaddedSequence, ...]) -> Tensor:
        """Return [P] for features [P, size] and the two texts' words."""
        if self.overlap is None:
            return self._linear(features)
        shared: Tensor = self.overlap(*sides)
        hidden = self.hidden(shared * self.scales)
        return self._linear(torch.cat([features, hidden], 1)) + shared @ self.lexical

    def _linear(self, features: Tensor) -> Tensor:
        scores: Tensor = self.linear(features)
        return scores.squeeze(-1)
