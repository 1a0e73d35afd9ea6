"""Layers of a Transformer encoder (Vaswani et al., 2017, section 3), normalized before or after what they compute."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mtl.model.adapters import UNCHANGED, LayerAdapter

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

    def forward(self, values: Tensor, hidden: Tensor, adapter: LayerAdapter = UNCHANGED) -> Tensor:
        """Return [B, T, dim] for [B, T, dim]; `hidden` [B, 1, 1 or T, T] says which tokens each may not attend to."""
        values = values + self.attended(self.attention_norm(values), hidden, adapter)
        return values + self.transformed(self.ffn_norm(values), adapter)

    def attended(self, seen: Tensor, hidden: Tensor, adapter: LayerAdapter) -> Tensor:
        """Return what is added for what each token attends to, [B, T, dim]."""
        return adapter.added("attention", self.dropout(self.attention(seen, hidden, adapter)))

    def transformed(self, seen: Tensor, adapter: LayerAdapter) -> Tensor:
        """Return what is added for what the feed-forward network computes, [B, T, dim]."""
        wide = self.ffn[1](adapter.projected("ffn_in", seen, self.ffn[0](seen)))
        return adapter.added("ffn", self.dropout(adapter.projected("ffn_out", wide, self.ffn[2](wide))))

    def attention(self, seen: Tensor, hidden: Tensor, adapter: LayerAdapter = UNCHANGED) -> Tensor:
        """Return what each token attends to, of all heads together, [B, T, dim]."""
        names = ("queries", "keys", "values")
        found = (adapter.projected(name, seen, getattr(self, name)(seen)) for name in names)
        queries, keys, values = map(self.apart, found)
        scores = queries @ keys.transpose(2, 3) * queries.shape[3] ** -0.5
        weights = scores.masked_fill(hidden, float("-inf")).softmax(-1)
        if self.training and self.attention_rate:
            weights = dropout(weights, self.attention_rate)
        together = torch.cat((weights @ values).unbind(1), -1)
        return adapter.projected("out", together, self.out(together))

    @property
    def projections(self) -> dict[str, nn.Linear]:
        """The linear layers, by the names that adapters have for them."""
        attention = {"queries": self.queries, "keys": self.keys, "values": self.values, "out": self.out}
        wide, _, narrow = self.ffn
        return {**attention, "ffn_in": wide, "ffn_out": narrow}  # type: ignore[dict-item]  # as it is built above

    def apart(self, values: Tensor) -> Tensor:
        """Return [B, heads, T, dim / heads] for [B, T, dim]."""
        return values.view(*values.shape[:2], self.heads, -1).transpose(1, 2)


class PostNormLayer(TransformerLayer):
    """The same, normalized after each is added (Vaswani et al., 2017, section 3.1), as BERT's layers are."""

    def forward(self, values: Tensor, hidden: Tensor, adapter: LayerAdapter = UNCHANGED) -> Tensor:
        """Return [B, T, dim] for [B, T, dim]; `hidden` is that of the other layer."""
        values = self.attention_norm(values + self.attended(values, hidden, adapter))
        found: Tensor = self.ffn_norm(values + self.transformed(values, adapter))
        return found
