"""Two texts in one vector: what each of them is, where they agree and where they differ."""

from __future__ import annotations

import torch
from torch import Tensor

from mtl.base.registry import register
from mtl.model.module import Matching, PaddedSequence

from .text_sizes import same_size, two_sizes, vector


def compared(first: Tensor, second: Tensor) -> Tensor:
    """Return [..., 4 D] for two times [..., D]: both, their product, their distance in every dimension."""
    return torch.cat([first, second, first * second, (first - second).abs()], -1)


@register("matching", "comparison")
class Comparison(Matching):
    """Both texts' vectors, their product and their absolute difference (Conneau et al., 2017, section 3.1).

    Raises `UsageError` where the vectors differ in size.
    """

    def __init__(self, input_dims: tuple[int, ...]) -> None:
        super().__init__()
        self._output_dim = 4 * same_size(two_sizes(input_dims))

    def forward(
        self, first: Tensor | PaddedSequence, second: Tensor | PaddedSequence, *sides: PaddedSequence
    ) -> Tensor:
        """Return [B, 4 D] for two times [B, D]."""
        return compared(vector(first), vector(second))

    @property
    def output_dim(self) -> int:
        """Four times the size of the incoming vectors."""
        return self._output_dim
