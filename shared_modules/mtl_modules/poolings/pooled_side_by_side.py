"""Several poolings of the same tokens, side by side."""

from __future__ import annotations

import torch
from torch import Tensor

from mtl.base.registry import register
from mtl.model.module import Pooling


@register("pooling", "concat")
class PooledSideBySide(Pooling):
    """The concatenation of named parts, each a pooling of its own that may be tied to others.

    Holds no part: each is a component of the sharing graph, computed once and handed in.
    """

    def __init__(self, *, parts: dict[str, Pooling]) -> None:
        super().__init__()
        self._output_dim = sum(part.output_dim for part in parts.values())

    def forward(self, *parts: Tensor) -> Tensor:  # type: ignore[override]  # what flows in enters its parts
        """Return [B, sum of D] for the parts' vectors, in the order of the recipe."""
        return torch.cat(parts, -1)

    @property
    def output_dim(self) -> int:
        """Sum of the parts' sizes."""
        return self._output_dim
