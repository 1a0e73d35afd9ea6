"""How well two texts match: an inner product under a learned matrix."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mtl.base.registry import register
from mtl.model.module import PaddedSequence, Scorer

from .text_sizes import two_sizes, vector


@register("scorer", "bilinear")
class Bilinear(Scorer):
    """q W d for the vectors of two texts, which may differ in size (Severyn and Moschitti, 2015).

    W starts as the identity: as the inner product, of the first dimensions where the sizes differ.
    """

    separable = True

    def __init__(self, input_dims: tuple[int, ...]) -> None:
        super().__init__()
        first, second = two_sizes(input_dims)
        self.weight = nn.Parameter(torch.eye(first, second))

    def forward(
        self, first: Tensor | PaddedSequence, second: Tensor | PaddedSequence, *sides: PaddedSequence
    ) -> Tensor:
        """Return [B] for [B, D] and [B, E]."""
        return (self.encode(first, 0) * self.encode(second, 1)).sum(-1)

    def encode(self, text: Tensor | PaddedSequence, position: int) -> Tensor:
        """Return [B, E]: the first text's vector under W, the second's as it is."""
        return vector(text) if position else vector(text) @ self.weight
