"""How well two texts match that an encoder has read in one pass."""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn

from mtl.base.registry import register
from mtl.model.module import PaddedSequence, Scorer

from ..decoders.mlp import ACTIVATIONS
from ..layers.dropout import Dropout, DroppedLinear
from ..layers.limits import Count, Rate
from .score_layer import ScoreLayer
from .text_sizes import vector


@register("scorer", "one_pass")
class OnePass(Scorer):
    """Linear layers over the one vector of both texts (Nogueira and Cho, 2019, section 2).

    `hidden` are the sizes of the layers before the last one (none: one linear layer), `dropout` the rate before every
    layer. It is for a task whose `one_pass` says that an encoder reads both texts in one row.
    """

    of_one = True

    def __init__(
        self,
        input_dim: int,
        *,
        hidden: list[Count] = [],  # noqa: B006  # a recipe's default, never changed
        dropout: Rate = 0.1,
        activation: Literal["relu", "tanh", "gelu"] = "tanh",
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        size = input_dim
        for width in hidden:
            layers += [DroppedLinear(size, width, dropout), ACTIVATIONS[activation]()]
            size = width
        layers += [Dropout(dropout)] if dropout else []
        self.layers = nn.Sequential(*layers)
        self.last = ScoreLayer(size, (), 1.0)

    def set_prior(self, scores: Tensor) -> None:
        """Set the last layer's bias."""
        self.last.set_prior(scores)

    def forward(self, both: Tensor | PaddedSequence, *none: Tensor | PaddedSequence) -> Tensor:
        """Return [B] for [B, D]."""
        scores: Tensor = self.last(self.layers(vector(both)), ())
        return scores
