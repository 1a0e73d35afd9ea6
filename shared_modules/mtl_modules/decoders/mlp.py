"""A feed-forward decoder."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from mtl.base.registry import Address, register
from mtl.model.module import Decoder, PaddedSequence

from ..layers.dropout import DroppedLinear
from ..layers.limits import Count, Rate

ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh, "gelu": nn.GELU}


@register("decoder", "mlp")
class MLP(Decoder):
    """Linear layers with a nonlinearity between them, over whole rows or over each token.

    `hidden` are the sizes of the layers between input and scores (none: one linear layer), `dropout` the rate
    before every layer. `condition` names another task's output (`intent.output`): its label probabilities are
    appended to the input, repeated for every token where they belong to the row, averaged over the row's tokens
    where they belong to tokens and the input does not.
    """

    pooled = True

    def __init__(
        self,
        input_dim: int,
        condition_dim: int,
        output_dim: int,
        *,
        hidden: list[Count] = [],  # noqa: B006  # a recipe's default, never changed
        dropout: Rate = 0.0,
        activation: Literal["relu", "tanh", "gelu"] = "relu",
        condition: Address | None = None,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        size = input_dim + condition_dim
        for width in (*hidden, output_dim):
            if layers:
                layers.append(ACTIVATIONS[activation]())
            layers.append(DroppedLinear(size, width, dropout))
            size = width
        self.layers = nn.Sequential(*layers)
        self._output_dim = output_dim

    def forward(self, inputs: Tensor | PaddedSequence, *conditions: Tensor | PaddedSequence) -> Tensor | PaddedSequence:
        """Return scores [B, C] for [B, D], or a sequence of [B, T, C] for one of [B, T, D]."""
        if isinstance(inputs, PaddedSequence):
            values = [inputs.values, *(self._per_token(c, inputs) for c in conditions)]
            return PaddedSequence(self.layers(torch.cat(values, -1) if conditions else inputs.values), inputs.lengths)
        rows = [inputs, *(self._per_row(c) for c in conditions)]
        scores: Tensor = self.layers(torch.cat(rows, -1) if conditions else inputs)
        return scores

    def set_prior(self, scores: Tensor) -> None:
        """Set the last layer's bias."""
        last = self.layers[-1]
        if isinstance(last, nn.Linear):
            last.bias.data.copy_(scores)

    @staticmethod
    def _per_token(condition: Tensor | PaddedSequence, inputs: PaddedSequence) -> Tensor:
        if isinstance(condition, PaddedSequence):
            return condition.values
        return condition[:, None, :].expand(-1, inputs.values.shape[1], -1)

    @staticmethod
    def _per_row(condition: Tensor | PaddedSequence) -> Tensor:
        if not isinstance(condition, PaddedSequence):
            return condition
        mask = condition.mask()[:, :, None]
        return (condition.values * mask).sum(1) / condition.lengths[:, None].to(condition.values.dtype)

    @property
    def output_dim(self) -> int:
        """Number of labels."""
        return self._output_dim
