"""A vector of the place that a token has in its text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import torch
from torch import Tensor, nn

from mtl.base.errors import UsageError, WrongKeyError
from mtl.base.registry import register
from mtl.model.module import Embedding, PaddedSequence
from mtl.text.features import Feature
from mtl.text.positions import Positions

from ..layers.limits import Count
from ..layers.positions import sinusoids


@register("embedding", "positional")
class PositionalEmbedding(Embedding):
    """A vector of each token's position: sinusoids (Vaswani et al., 2017, section 3.5), or learned.

    To be put beside other embeddings by `concat`, or added to them by `sum`. `dim` is its size. Sinusoids have no
    weights, and a vector of any position. `learned` vectors (Gehring et al., 2017, section 3.1) are those of the first
    `max_length` positions; all tokens after these have the vector of the last one, so keep it above the length of texts
    whose order matters.
    """

    def __init__(
        self,
        features: tuple[Feature, ...],
        *,
        dim: Count = 100,
        positions: Literal["sinusoid", "learned"] = "sinusoid",
        max_length: Count | None = None,
    ) -> None:
        super().__init__()
        if positions == "learned" and max_length is None:
            raise UsageError(
                "'positions: learned' should come with 'max_length', the number of positions that have a vector of "
                "their own. There is none."
            )
        if positions == "sinusoid" and max_length is not None:
            raise WrongKeyError(
                "max_length",
                "'max_length' should come with 'positions: learned': sinusoids have no last position. "
                "Found 'positions: sinusoid'.",
            )
        self._output_dim = dim
        self.table = None if max_length is None else nn.Embedding(max_length, dim)
        if self.table is not None:
            nn.init.normal_(self.table.weight, std=0.1)  # as those of Gehring et al. (2017)

    @classmethod
    def anticausal(cls, values: Mapping[str, Any]) -> bool:
        """A token's number says how many come before it: at the first, that the text begins."""
        return False

    @classmethod
    def features(cls) -> tuple[Feature, ...]:
        """The numbers of tokens in their text."""
        return (Positions(),)

    def forward(self, lengths: Tensor, *features: Tensor | PaddedSequence) -> PaddedSequence:
        """Return [B, T, dim] for numbers [B, T], from 1; zeros where the number is 0, which is padding."""
        (numbers,) = features
        if not isinstance(numbers, Tensor):
            raise TypeError(f"a positional embedding takes numbers of tokens. Found {type(numbers).__name__}.")
        places = (numbers - 1).clamp(min=0)
        if self.table is None:
            vectors = sinusoids(places, self._output_dim).to(torch.get_default_dtype())
        else:
            vectors = self.table(places.clamp(max=self.table.num_embeddings - 1))
        return PaddedSequence(vectors.masked_fill((numbers == 0)[:, :, None], 0.0), lengths)

    @property
    def output_dim(self) -> int:
        """Size of a vector."""
        return self._output_dim
