"""Adapters: what a task adds inside the layers of an encoder that other tasks use as it is, or with their own.

The encoder is a component of the sharing graph, and so is each adapter. An adapter is handed the encoder with what
flows into it (`Adapted`) and runs its layers, with a part of its own in each (`LayerAdapter`). So an encoder is built,
saved and exported once, however many tasks adapt it. An export in which one adapter alone uses an encoder has the
adapter in the encoder's weights, where it can be there (`Merged`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, NamedTuple

from torch import Tensor, nn

from .module import Representation
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

    def updates(self) -> Mapping[str, Tensor] | None:
        """Return what could be added to the weights of linear layers [E, D] in its place, by their names, in fp64.

        None, as by default, where weights alone cannot do what it does. Of what is computed outside training.
        """
        return None


UNCHANGED = LayerAdapter()


class Adapted(NamedTuple):
    """An encoder that is `adaptable`, and what flows into it."""

    encoder: nn.Module
    inputs: PaddedSequence


class EncoderAdapter(Representation):
    """An adapter: a representation into which an encoder flows, with what flows into that."""

    adapts: ClassVar[str] = "encoder"

    def merged(self, encoder: Representation) -> Representation | None:
        """Return a copy of the encoder that computes alone what it does with the adapter. The encoder stays as it is.

        None, as by default, where no weights of the encoder compute that.
        """
        return None


class Merged(nn.Module):
    """What takes an adapter's place over an encoder that has it in its weights."""

    def forward(self, given: Adapted) -> PaddedSequence:
        """Return what the encoder computes, [B, T, D]."""
        found: PaddedSequence = given.encoder(given.inputs)
        return found
