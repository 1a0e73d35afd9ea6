"""How well two texts match: the inner product of their vectors."""

from __future__ import annotations

from torch import Tensor

from mtl.base.registry import register
from mtl.model.module import PaddedSequence, Scorer

from .text_sizes import same_size, two_sizes, vector


@register("scorer", "dot")
class Dot(Scorer):
    """The inner product of the two texts' vectors: two towers (Karpukhin et al., 2020, section 3.1).

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
        """Return [B, D]: the text's vector as it is."""
        return vector(text)
