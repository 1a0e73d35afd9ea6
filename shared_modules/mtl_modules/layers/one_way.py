"""Recurrent layers that read each row in one direction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from torch import nn

from mtl.model.module import PaddedSequence, Representation
from mtl.model.precision import in_float32

from .both_ways import reversed_rows
from .dropout import dropout, locked_dropout

Direction = Literal["forward", "backward"]


class OneWay(Representation):
    """An `nn.LSTM` or `nn.GRU` of one direction, with dropout around it.

    Padding comes after a row's tokens, so it does no harm to reading forwards, and rows go through the layers as they
    are; for reading backwards each row is reversed within its length.
    """

    def __init__(
        self, layers: nn.LSTM | nn.GRU, direction: Direction, dropout: float, variational_dropout: float
    ) -> None:
        super().__init__()
        self.layers = layers
        self.direction = direction
        self.dropout = dropout
        self.variational_dropout = variational_dropout

    @classmethod
    def causal(cls, values: Mapping[str, Any]) -> bool:
        """Say whether it reads forwards."""
        return bool(values["direction"] == "forward")

    @classmethod
    def anticausal(cls, values: Mapping[str, Any]) -> bool:
        """Say whether it reads backwards."""
        return bool(values["direction"] == "backward")

    def forward(self, inputs: PaddedSequence) -> PaddedSequence:
        """Return [B, T, hidden] for [B, T, D]; zeros where there is padding."""
        inputs = self._locked(inputs)
        if inputs.values.device.type == "cpu":  # oneDNN has no LSTM in bf16 for many processors, and then torch raises
            return self._locked(in_float32(self._read, inputs))
        return self._locked(self._read(inputs))

    def _locked(self, sequence: PaddedSequence) -> PaddedSequence:
        if not self.training or not self.variational_dropout:
            return sequence
        return PaddedSequence(locked_dropout(sequence.values, self.variational_dropout), sequence.lengths)

    def _read(self, inputs: PaddedSequence) -> PaddedSequence:
        values = inputs.values
        if self.training and self.dropout:
            values = dropout(values, self.dropout)
        if self.direction == "backward":
            values = reversed_rows(values, inputs.lengths)
        found = self.layers(values)[0]
        if self.direction == "backward":
            found = reversed_rows(found, inputs.lengths)
        return PaddedSequence(found * inputs.mask()[:, :, None], inputs.lengths)

    @property
    def output_dim(self) -> int:
        """Size of the layers' vectors."""
        return self.layers.hidden_size


class ExportedOneWay(nn.Module):
    """What replaces layers of one direction in an exported graph; `read` reads forwards."""

    def __init__(self, read: nn.Module, direction: Direction) -> None:
        super().__init__()
        self.read = read
        self.direction = direction

    def forward(self, inputs: PaddedSequence) -> PaddedSequence:
        """Return [B, T, hidden] for [B, T, D]."""
        if self.direction == "forward":
            found: PaddedSequence = self.read(inputs)
            return found
        turned = PaddedSequence(reversed_rows(inputs.values, inputs.lengths), inputs.lengths)
        return PaddedSequence(reversed_rows(self.read(turned).values, inputs.lengths), inputs.lengths)
