"""A weighted mean of a row's tokens whose weights are learned."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mtl.base.registry import register
from mtl.model.module import PaddedSequence, Pooling

from ..layers.limits import Count


@register("pooling", "self_attention")
class SelfAttention(Pooling):
    """Additive self-attention with learned queries (Lin et al., 2017, section 2.1).

    `dim` is the size of the space in which tokens are compared with a query. Each of the `hops` is a query of its own;
    their means come out side by side. There is no penalty for hops that look at the same tokens.
    """

    def __init__(self, input_dim: int, *, dim: Count = 128, hops: Count = 1) -> None:
        super().__init__()
        self.project = nn.Linear(input_dim, dim)
        self.query = nn.Linear(dim, hops, bias=False)  # a bias would cancel in the softmax
        self._output_dim = hops * input_dim

    def forward(self, inputs: PaddedSequence) -> Tensor:
        """Return [B, hops x D] for [B, T, D]."""
        scores = self.query(torch.tanh(self.project(inputs.values)))
        if self.query.out_features > 1:
            weights = scores.transpose(1, 2).masked_fill(~inputs.mask()[:, None, :], float("-inf")).softmax(-1)
            return torch.bmm(weights, inputs.values).view(scores.shape[0], self._output_dim)
        scores = scores.squeeze(-1)
        weights = scores.masked_fill(~inputs.mask(), float("-inf")).softmax(-1)
        return torch.bmm(weights[:, None, :], inputs.values).squeeze(1)

    @property
    def output_dim(self) -> int:
        """Size of the incoming vectors, once for each hop."""
        return self._output_dim
