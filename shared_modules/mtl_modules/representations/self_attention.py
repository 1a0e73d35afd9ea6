"""Layers of self-attention: a Transformer encoder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import repeat
from typing import Any, ClassVar, Literal

import torch
from torch import nn

from mtl.base.errors import WrongKeyError
from mtl.base.registry import register
from mtl.model.adapters import UNCHANGED, LayerAdapter
from mtl.model.module import PaddedSequence, Representation

from ..layers.dropout import Dropout
from ..layers.limits import Count, Rate
from ..layers.positions import LearnedPositions, Sinusoids
from ..layers.transformer_layer import TransformerLayer


@register("representation", "self_attention")
class TransformerEncoder(Representation):
    """A Transformer encoder that is trained with the model (Vaswani et al., 2017, section 3), normalized before layers.

    Tokens are brought to vectors of `dim`, to which their positions are added: `sinusoid` (section 3.5), or `learned`
    ones up to `max_length`, where all later tokens have the last position. Each of the `layers` is an attention of
    `heads` and a feed-forward network of `ffn` units; either is normalized before, not after (Xiong et al., 2020), and
    so is what comes out of the last. With `causal` tokens attend to themselves and to earlier ones alone, as those of a
    decoder do (section 3.2.3). `dropout` is the rate on the vectors with their positions and on what each
    attention and network adds.
    """

    adaptable: ClassVar[bool] = True

    def __init__(
        self,
        input_dim: int,
        *,
        dim: Count = 128,
        layers: Count = 2,
        heads: Count = 4,
        ffn: Count = 256,
        dropout: Rate = 0.1,
        positions: Literal["sinusoid", "learned"] = "sinusoid",
        max_length: Count = 512,
        causal: bool = False,
    ) -> None:
        super().__init__()
        if dim % heads:
            raise WrongKeyError(
                "dim", f"'dim' should be a multiple of 'heads' ({heads}), among which it is divided. Found {dim}."
            )
        self.project = nn.Linear(input_dim, dim)
        self.positions = Sinusoids(dim) if positions == "sinusoid" else LearnedPositions(dim, max_length)
        self.dropout = Dropout(dropout)
        self.layers = nn.ModuleList(TransformerLayer(dim, heads, ffn, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(dim)
        self._output_dim = dim
        self.sees_back_only = causal

    @classmethod
    def causal(cls, values: Mapping[str, Any]) -> bool:
        """Say whether tokens attend to no later ones."""
        return bool(values["causal"])

    def layered(self) -> list[list[nn.Parameter]]:
        """Return the parameters of each layer, what comes before and after them with the first and the last."""
        layers = [list(layer.parameters()) for layer in self.layers]
        layers[0] += [*self.project.parameters(), *self.positions.parameters()]
        layers[-1] += self.norm.parameters()
        return layers

    def forward(self, inputs: PaddedSequence, adapters: Iterable[LayerAdapter] = ()) -> PaddedSequence:
        """Return [B, T, dim] for [B, T, D]."""
        values = self.project(inputs.values)
        values = self.dropout(values + self.positions(values))
        hidden = ~inputs.mask()[:, None, None, :]
        if self.sees_back_only:
            positions = torch.arange(values.shape[1], device=values.device)
            hidden = hidden | (positions[None, :] > positions[:, None])
        for layer, adapter in zip(self.layers, tuple(adapters) or repeat(UNCHANGED), strict=False):
            values = layer(values, hidden, adapter)
        return PaddedSequence(self.norm(values), inputs.lengths)

    @property
    def output_dim(self) -> int:
        """Size of the vectors."""
        return self._output_dim
