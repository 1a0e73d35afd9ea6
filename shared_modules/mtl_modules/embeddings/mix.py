"""Several embeddings of the same tokens, mixed with learned weights."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from mtl.base.errors import WrongKeyError
from mtl.base.registry import register
from mtl.model.module import Embedding, PaddedSequence

from ..layers.limits import Count
from .alike import one_size


@register("embedding", "mix")
class Mix(Embedding):
    """A mixture of named parts, whose weights are learned and sum to 1.

    Each part is an embedding of its own that may be tied to others. Parts have one size, or a layer of each makes its
    vectors ones of `dim` numbers (Kiela et al., 2018, section 3). By default there is one weight `per: part`, and a
    learned factor before the sum: the scalar mix of Peters et al. (2018, equation 1). `per: token`: every token has its
    own, a softmax over linear scores of its parts' vectors (Kiela et al., 2018, section 3: dynamic meta-embeddings).
    `per: dimension`: every dimension of a token has its own, from a layer of tanh that sees all parts together and a
    linear one (Rei et al., 2016, section 4, whose sigmoid gate this is where there are two parts).
    """

    def __init__(
        self,
        *,
        parts: dict[str, Embedding],
        per: Literal["part", "token", "dimension"] = "part",
        dim: Count | None = None,
    ) -> None:
        super().__init__()
        if len(parts) < 2:
            raise WrongKeyError(
                "parts", f"'parts' should be at least two embeddings. Found '{', '.join(parts)}' alone."
            )
        size, count = dim or one_size(parts, ", or 'dim' the size that each of them gets"), len(parts)
        own = [part.output_dim for part in parts.values()] if dim else []
        self.projections = nn.ModuleList(nn.Linear(of_part, size) for of_part in own)
        self._output_dim = size
        self.gate: PartGate | TokenGate | DimensionGate
        if per == "part":
            self.gate = PartGate(count)
        else:
            self.gate = TokenGate(size) if per == "token" else DimensionGate(count, size)

    def forward(self, lengths: Tensor, *features: Tensor | PaddedSequence) -> PaddedSequence:
        """Return [B, T, D] for the parts' sequences of [B, T, D], or of other sizes, in the order of the recipe."""
        parts = [part.values for part in features if isinstance(part, PaddedSequence)]
        if self.projections:
            parts = [project(part) for project, part in zip(self.projections, parts, strict=True)]
        values = torch.stack(parts, 2)
        return PaddedSequence((values * self.gate(values)).sum(2), lengths)

    @property
    def output_dim(self) -> int:
        """Size of a part's vectors, or `dim`."""
        return self._output_dim


class PartGate(nn.Module):
    """One weight a part, times one factor for all: equal at first, and 1."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.scores = nn.Parameter(torch.zeros(count))
        self.factor = nn.Parameter(torch.ones(()))

    def forward(self, values: Tensor) -> Tensor:
        """Return [N, 1] for any values [B, T, N, D]."""
        return self.factor * self.scores.softmax(0)[:, None]


class TokenGate(nn.Module):
    """One weight a part of each token; all parts are scored by one linear layer."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.score = nn.Linear(size, 1, bias=False)  # a bias would be the same for all parts: the softmax drops it

    def forward(self, values: Tensor) -> Tensor:
        """Return [B, T, N, 1] for values [B, T, N, D]."""
        weights: Tensor = self.score(values).softmax(2)
        return weights


class DimensionGate(nn.Module):
    """One weight a part of each dimension of each token."""

    def __init__(self, count: int, size: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(count * size, size, bias=False)
        self.scores = nn.Linear(size, count * size, bias=False)

    def forward(self, values: Tensor) -> Tensor:
        """Return [B, T, N, D] for values [B, T, N, D]."""
        scores = self.scores(self.hidden(values.flatten(2)).tanh())
        weights: Tensor = scores.view(values.shape).softmax(2)
        return weights
