"""Convolutions whose windows grow from layer to layer."""

from __future__ import annotations

from torch import nn

from mtl.base.errors import WrongKeyError
from mtl.base.registry import register
from mtl.model.module import PaddedSequence, Representation

from ..layers.dropout import Dropout
from ..layers.limits import Count, Rate
from ..layers.token_convolution import TokenConvolution, without_padding


@register("representation", "dilated_cnn")
class DilatedCNN(Representation):
    """Iterated dilated convolutions (Strubell et al., 2017, section 4), whose layers add to what they see.

    A first convolution makes vectors of `dim`. Then come layers with the `dilations`, each over windows of `width`
    tokens of which every n-th is seen; the whole block of layers is applied `iterations` times, with one set of
    weights. Other than in the source, each layer's output is added to its input (He et al., 2016, section 3.1).
    `dropout` is the rate before every convolution.
    """

    def __init__(
        self,
        input_dim: int,
        *,
        dim: Count = 200,
        width: Count = 3,
        dilations: list[Count] = [1, 2, 4],  # noqa: B006  # a recipe's default, never changed
        iterations: Count = 2,
        dropout: Rate = 0.0,
    ) -> None:
        super().__init__()
        if not dilations:
            raise WrongKeyError("dilations", "'dilations' should have a number for each layer. There is none.")
        self.first = TokenConvolution(input_dim, dim, width)
        self.block = nn.ModuleList(TokenConvolution(dim, dim, width, dilation) for dilation in dilations)
        self.iterations = iterations
        self.dropout = Dropout(dropout)
        self._output_dim = dim

    def forward(self, inputs: PaddedSequence) -> PaddedSequence:
        """Return [B, T, dim] for [B, T, D]; zeros where there is padding."""
        inside = inputs.mask()
        values = without_padding(self.first(without_padding(self.dropout(inputs.values), inside)).relu(), inside)
        for _ in range(self.iterations):
            for layer in self.block:
                values = values + without_padding(layer(self.dropout(values)).relu(), inside)
        return PaddedSequence(values, inputs.lengths)

    @property
    def output_dim(self) -> int:
        """Number of filters of a layer."""
        return self._output_dim
