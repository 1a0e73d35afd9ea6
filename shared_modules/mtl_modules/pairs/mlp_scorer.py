"""How well two texts match: a feed-forward network over their vectors."""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn

from mtl.base.registry import register
from mtl.model.module import PaddedSequence, Scorer

from ..decoders.mlp import ACTIVATIONS
from ..layers.dropout import Dropout, DroppedLinear
from ..layers.limits import Count, Positive, Rate
from .comparison import compared
from .score_layer import ScoreLayer
from .text_sizes import same_size, vector


@register("scorer", "mlp")
class MLPScorer(Scorer):
    """A network over (q, d, q·d, |q - d|) of the vectors q and d of two texts (Conneau et al., 2017, section 3.1).

    `hidden` are the sizes of its layers, `dropout` the rate before every one of them and before the last. Where both
    texts have a `lexical` embedding, what their words share goes into the last layer (see `LexicalOverlap`), and scores
    start about as BM25; `average_length` is about how many words a document has. Raises `UsageError` where the vectors
    differ in size.
    """

    sides = True

    def __init__(
        self,
        input_dims: tuple[int, ...],
        *,
        hidden: list[Count] = [64],  # noqa: B006  # a recipe's default, never changed
        dropout: Rate = 0.0,
        activation: Literal["relu", "tanh", "gelu"] = "relu",
        average_length: Positive = 100.0,
    ) -> None:
        super().__init__()
        size = 4 * same_size(input_dims)
        layers: list[nn.Module] = []
        for width in hidden:
            layers += [DroppedLinear(size, width, dropout), ACTIVATIONS[activation]()]
            size = width
        layers += [Dropout(dropout)] if dropout else []
        self.layers = nn.Sequential(*layers)
        self.last = ScoreLayer(size, input_dims[2:], average_length)

    def set_prior(self, scores: Tensor) -> None:
        """Set the last layer's bias."""
        self.last.set_prior(scores)

    def forward(
        self, first: Tensor | PaddedSequence, second: Tensor | PaddedSequence, *sides: PaddedSequence
    ) -> Tensor:
        """Return [B] for two times [B, D] and none or two lexical sequences."""
        scores: Tensor = self.last(self.layers(compared(vector(first), vector(second))), sides)
        return scores
