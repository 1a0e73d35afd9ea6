"""Adapters: what a task adds inside the layers of an encoder that other tasks use as it is, or with their own.

The encoder is a component of the sharing graph, and so is each adapter. An adapter is handed the encoder with what
flows into it (`Adapted`) and runs its layers, with a part of its own in each (`LayerAdapter`). So an encoder is built,
saved and exported once, however many tasks adapt it.
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn

from .sequences import PaddedSequence


class LayerAdapter(nn.Module):
    """What is added inside one layer: by default nothing.

    A layer asks for `projected` after each of its linear layers, by the names of its `projections`, and for `added`
    before it adds what its parts `attention` and `ffn` compute to what they see.
    """

    def projected(self, name: str, seen: Tensor, projected: Tensor) -> Tensor:
        """Return what a linear layer makes [B, T, E] of what it sees [B, T, D], adapted."""
        return projected

    def added(self, name: str, computed: Tensor) -> Tensor:
        """Return what a part computes, [B, T, D], adapted."""
        return computed


UNCHANGED = LayerAdapter()


class Adapted(NamedTuple):
    """An encoder that is `adaptable`, and what flows into it."""

    encoder: nn.Module
    inputs: PaddedSequence
