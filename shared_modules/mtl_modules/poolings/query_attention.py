"""A weighted mean of a row's tokens: what a learned query attends to."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mtl.base.registry import register
from mtl.model.module import PaddedSequence, Pooling

from ..layers.limits import Count


@register("pooling", "query_attention")
class QueryAttention(Pooling):
    """Scaled dot-product attention (Vaswani et al., 2017, section 3.2.1) of learned queries (Lee et al., 2019, 3.2).

    What the `queries` attend to comes out side by side.
    """

    def __init__(self, input_dim: int, *, queries: Count = 1) -> None:
        super().__init__()
        self.queries = nn.Parameter(torch.randn(queries, input_dim))

    def forward(self, inputs: PaddedSequence) -> Tensor:
        """Return [B, queries x D] for [B, T, D]."""
        values = inputs.values
        scores = F.linear(values, self.queries).transpose(1, 2) * self.queries.shape[1] ** -0.5
        weights = scores.masked_fill(~inputs.mask()[:, None, :], float("-inf")).softmax(-1)
        return torch.bmm(weights, values).view(values.shape[0], self.output_dim)

    @property
    def output_dim(self) -> int:
        """Size of the incoming vectors, once for each query."""
        return self.queries.numel()
