"""Representations one after another, each of which may be shared with other tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from mtl.base.registry import register
from mtl.model.module import PaddedSequence, Representation


@register("representation", "stack")
class Stack(Representation):
    """Named parts that run in their order: each gets what the one before it makes of the tokens.

    So a task has layers of its own over, or under, layers that it shares. Holds no part: each is a component of the
    sharing graph, and what the last one computes is handed in.
    """

    chained: ClassVar[bool] = True

    def __init__(self, *, parts: dict[str, Representation]) -> None:
        super().__init__()
        self._output_dim = list(parts.values())[-1].output_dim

    @classmethod
    def causal(cls, values: Mapping[str, Any]) -> bool:
        """Say that it adds nothing to what its parts see."""
        return True

    def forward(self, inputs: PaddedSequence) -> PaddedSequence:
        """Return what the last part computes, [B, T, D], as it is."""
        return inputs

    @property
    def output_dim(self) -> int:
        """Size of the last part's vectors."""
        return self._output_dim
