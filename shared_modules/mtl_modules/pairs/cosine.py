"""How well two texts match: the angle between their vectors."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from mtl.base.registry import register
from mtl.model.module import PaddedSequence, Scorer

from .text_sizes import same_size, two_sizes, vector

SHORTEST = 1e-4  # shorter vectors are not made longer by more than its inverse: neither are their gradients


@register("scorer", "cosine")
class Cosine(Scorer):
    """The cosine of the angle between the two texts' vectors, -1 to 1 (Huang et al., 2013, section 3.1).

    The score of a vector of zeros is 0. Losses over softmax need a low `temperature` (0.05) to tell such scores apart.
    Raises `UsageError` where the vectors differ in size.
    """

    separable = True

    def __init__(self, input_dims: tuple[int, ...]) -> None:
        super().__init__()
        same_size(two_sizes(input_dims))

    def forward(
        self, first: Tensor | PaddedSequence, second: Tensor | PaddedSequence, *sides: PaddedSequence
    ) -> Tensor:
        """Return [B] for two times [B, D]."""
        return (self.encode(first, 0) * self.encode(second, 1)).sum(-1)

    def encode(self, text: Tensor | PaddedSequence, position: int) -> Tensor:
        """Return [B, D]: the text's vector at length 1."""
        return F.normalize(vector(text), dim=-1, eps=SHORTEST)
