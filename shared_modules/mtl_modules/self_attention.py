"""A weighted mean of a row's tokens whose weights are learned."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mtl.base.registry import register
from mtl.model.module import PaddedSequence, Pooling

from .limits import Count


@register("pooling", "self_attention")
class SelfAttention(Pooling):
    """Additive self-attention with one learned query (Lin et al., 2017, section 2.1, with one hop).

    `dim` is the size of the space in which tokens are compared with the query.
    """

    def __init__(self, input_dim: int, *, dim: Count = 128) -> None:
        super().__init__()
        self.project = nn.Linear(input_dim, dim)
        self.query = nn.Linear(dim, 1, bias=False)  # a bias would cancel in the softmax

    def forward(self, inputs: PaddedSequence) -> Tensor:
        """Return [B, D] for [B, T, D]."""
        scores = self.query(torch.tanh(self.project(inputs.values))).squeeze(-1)
        weights = scores.masked_fill(~inputs.mask(), float("-inf")).softmax(-1)
        return torch.bmm(weights[:, None, :], inputs.values).squeeze(1)

    @property
    def output_dim(self) -> int:
        """Size of the incoming vectors."""
        return self.project.in_features
