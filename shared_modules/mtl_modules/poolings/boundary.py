"""The vectors of a row's first and last token."""

from __future__ import annotations

import torch
from torch import Tensor

from mtl.base.registry import register
from mtl.model.module import PaddedSequence, Pooling

from .last import last_vectors


@register("pooling", "boundary")
class Boundary(Pooling):
    """The first and the last state side by side: where a representation has read the whole row in either direction.

    Source: the boundaries of a span in Lee et al. (2017), here those of the whole text.
    """

    def __init__(self, input_dim: int) -> None:
        super().__init__()
        self._output_dim = 2 * input_dim

    def forward(self, inputs: PaddedSequence) -> Tensor:
        """Return [B, 2 x D] for [B, T, D]."""
        return torch.cat([inputs.values[:, 0], last_vectors(inputs)], -1)

    @property
    def output_dim(self) -> int:
        """Twice the size of the incoming vectors."""
        return self._output_dim
