"""How well two texts match: by comparing every token of one with every token of the other."""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn

from mtl.base.registry import register
from mtl.model.module import PaddedSequence, Scorer

from ..layers.limits import Count, Positive
from .cross_attention import CrossAttention
from .kernel_pooling import KernelPooling
from .score_layer import ScoreLayer
from .text_sizes import same_size, tokens


@register("scorer", "interaction")
class Interaction(Scorer):
    """A linear layer over how the tokens of two texts match; takes texts without a pooling.

    `match: kernel` pools the matrix of cosines with `kernels` kernels (see `KernelPooling`), `match: attention` aligns
    the tokens in a space of `dim` numbers and compares them (see `CrossAttention`). Where both texts have a `lexical`
    embedding, what their words share goes into the last layer (see `LexicalOverlap`), and scores start about as BM25;
    `average_length` is about how many words a document has. Raises `UsageError` where the vectors differ in size.
    """

    pooled = False
    sides = True

    def __init__(
        self,
        input_dims: tuple[int, ...],
        *,
        match: Literal["kernel", "attention"] = "kernel",
        kernels: Count = 11,
        dim: Count = 64,
        average_length: Positive = 100.0,
    ) -> None:
        super().__init__()
        size = same_size(input_dims)
        self.match: nn.Module = KernelPooling(kernels) if match == "kernel" else CrossAttention(size, dim)
        self.last = ScoreLayer(kernels if match == "kernel" else dim, input_dims[2:], average_length)

    def set_prior(self, scores: Tensor) -> None:
        """Set the last layer's bias."""
        self.last.set_prior(scores)

    def forward(
        self, first: Tensor | PaddedSequence, second: Tensor | PaddedSequence, *sides: PaddedSequence
    ) -> Tensor:
        """Return [B] for [B, Tq, D] and [B, Td, D], and none or two lexical sequences."""
        scores: Tensor = self.last(self.match(tokens(first), tokens(second)), sides)
        return scores
