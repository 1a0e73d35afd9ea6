"""Several representations of the same tokens, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from mtl.base.registry import register
from mtl.model.module import PaddedSequence, Representation


@register("representation", "concat")
class SideBySide(Representation):
    """The concatenation of named parts, each a representation of its own that may be tied to others.

    Holds no part: each is a component of the sharing graph, computed once and handed in. `sizes` are those of the
    parts' vectors.
    """

    def __init__(self, *, parts: dict[str, Representation]) -> None:
        super().__init__()
        self.sizes = tuple(part.output_dim for part in parts.values())

    @classmethod
    def causal(cls, values: Mapping[str, Any]) -> bool:
        """Say that it adds nothing to what its parts see."""
        return True

    def forward(self, *parts: PaddedSequence) -> PaddedSequence:
        """Return [B, T, sum of D] for the parts' sequences, in the order of the recipe."""
        return PaddedSequence(torch.cat([part.values for part in parts], dim=-1), parts[0].lengths)

    @property
    def output_dim(self) -> int:
        """Sum of the parts' sizes."""
        return sum(self.sizes)
