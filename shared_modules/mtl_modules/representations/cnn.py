"""Convolutions over a text's tokens, several widths side by side."""

from __future__ import annotations

import torch
from torch import nn

from mtl.base.errors import WrongKeyError
from mtl.base.registry import register
from mtl.model.module import PaddedSequence, Representation

from ..layers.dropout import Dropout
from ..layers.limits import Count, Rate
from ..layers.token_convolution import TokenConvolution, without_padding


@register("representation", "cnn")
class CNN(Representation):
    """Convolutions over windows of tokens, and a rectifier (Kim, 2014, section 2.1; with the pooling `max`, its model).

    `dim` filters in all are shared out over windows of `widths` tokens. A window is centred on a token and sees zeros
    beyond the text's ends, so that every token has a vector. `dropout` is the rate on the input.
    """

    def __init__(
        self,
        input_dim: int,
        *,
        dim: Count = 300,
        widths: list[Count] = [3, 4, 5],  # noqa: B006  # a recipe's default, never changed
        dropout: Rate = 0.0,
    ) -> None:
        super().__init__()
        if not 1 <= len(widths) <= dim:
            raise WrongKeyError(
                "widths", f"'widths' should have 1 to {dim} numbers, which share out 'dim'. Found {len(widths)}."
            )
        share, rest = divmod(dim, len(widths))
        self.dropout = Dropout(dropout)
        self.convolutions = nn.ModuleList(
            TokenConvolution(input_dim, share + (i < rest), width) for i, width in enumerate(widths)
        )
        self._output_dim = dim

    def forward(self, inputs: PaddedSequence) -> PaddedSequence:
        """Return [B, T, dim] for [B, T, D]."""
        values = without_padding(self.dropout(inputs.values), inputs.mask())
        found = [convolution(values).relu() for convolution in self.convolutions]
        return PaddedSequence(torch.cat(found, -1) if len(found) > 1 else found[0], inputs.lengths)

    @property
    def output_dim(self) -> int:
        """Number of filters."""
        return self._output_dim
