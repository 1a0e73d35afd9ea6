"""Layers of a Transformer encoder (Vaswani et al., 2017, section 3), normalized before or after what they compute."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .dropout import Dropout, dropout


class TransformerLayer(nn.Module):
    """Self-attention and a feed-forward network, each added to what it sees normalized (Xiong et al., 2020).

    `rate` is that of dropout on what is added, `attention_rate` that on the weights of attention.
    """

    def __init__(
        self,
        dim: int,
        heads: int,
        ffn: int,
        rate: float,
        *,
        attention_rate: float = 0.0,
        activation: nn.Module | None = None,
        eps: float = 1e-5,
    ) -> None:
        super().__init__()
        self.heads = heads
        self.attention_rate = attention_rate
        self.attention_norm, self.ffn_norm = nn.LayerNorm(dim, eps), nn.LayerNorm(dim, eps)
        self.queries, self.keys, self.values = (nn.Linear(dim, dim) for _ in range(3))
        self.out = nn.Linear(dim, dim)
        self.ffn = nn.Sequential(nn.Linear(dim, ffn), activation or nn.ReLU(), nn.Linear(ffn, dim))
        self.dropout = Dropout(rate)

    def forward(self, values: Tensor, hidden: Tensor) -> Tensor:
        """Return [B, T, dim] for [B, T, dim]; `hidden` [B, 1, 1 or T, T] says which tokens each may not attend to."""
        values = values + self.dropout(self.attention(self.attention_norm(values), hidden))
        added: Tensor = self.dropout(self.ffn(self.ffn_norm(values)))
        return values + added

    def attention(self, seen: Tensor, hidden: Tensor) -> Tensor:
        """Return what each token attends to, of all heads together, [B, T, dim]."""
        queries, keys, values = (self.apart(project(seen)) for project in (self.queries, self.keys, self.values))
        scores = queries @ keys.transpose(2, 3) * queries.shape[3] ** -0.5
        weights = scores.masked_fill(hidden, float("-inf")).softmax(-1)
        if self.training and self.attention_rate:
            weights = dropout(weights, self.attention_rate)
        together: Tensor = self.out(torch.cat((weights @ values).unbind(1), -1))
        return together

    def apart(self, values: Tensor) -> Tensor:
        """Return [B, heads, T, dim / heads] for [B, T, dim]."""
        return values.view(*values.shape[:2], self.heads, -1).transpose(1, 2)


class PostNormLayer(TransformerLayer):
    """The same, normalized after each is added (Vaswani et al., 2017, section 3.1), as BERT's layers are."""

    def forward(self, values: Tensor, hidden: Tensor) -> Tensor:
        """Return [B, T, dim] for [B, T, dim]; `hidden` is that of the other layer."""
        values = self.attention_norm(values + self.dropout(self.attention(values, hidden)))
        found: Tensor = self.ffn_norm(values + self.dropout(self.ffn(values)))
        return found
