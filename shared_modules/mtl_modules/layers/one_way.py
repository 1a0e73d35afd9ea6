"""Recurrent layers that read each row in one direction."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from mtl.model.module import PaddedSequence, Representation
from mtl.model.precision import in_float32

from .both_ways import reversed_rows
from .dropout import dropout, locked_dropout
from .recurrent_layers import layers_of
from .weight_dropout import with_dropped_weights

if TYPE_CHECKING:
    from mtl.data.carried import Carry

Direction = Literal["forward", "backward"]


class OneWay(Representation):
    """An `nn.LSTM` or `nn.GRU` of one direction, with dropout around it.

    Padding comes after a row's tokens, so it does no harm to reading forwards, and rows go through the layers as they
    are; for reading backwards each row is reversed within its length. Forwards, a text is read on from a state.
    """

    carries: ClassVar[bool] = True

    def __init__(
        self,
        layers: nn.LSTM | nn.GRU,
        direction: Direction,
        dropout: float,
        variational_dropout: float,
        weight_dropout: float,
    ) -> None:
        super().__init__()
        self.layers = layers
        self.direction = direction
        self.dropout = dropout
        self.variational_dropout = variational_dropout
        self.weight_dropout = weight_dropout

    @classmethod
    def causal(cls, values: Mapping[str, Any]) -> bool:
        """Say whether it reads forwards."""
        return bool(values["direction"] == "forward")

    @classmethod
    def anticausal(cls, values: Mapping[str, Any]) -> bool:
        """Say whether it reads backwards."""
        return bool(values["direction"] == "backward")

    def layered(self) -> list[list[nn.Parameter]]:
        """Return the parameters of each layer."""
        return layers_of(self.layers)

    def forward(self, inputs: PaddedSequence, carry: Carry | None = None) -> PaddedSequence:
        """Return [B, T, hidden] for [B, T, D]; zeros where there is padding.

        What is carried are the layers' hidden states and, of an LSTM, their cells, each [layers, B, hidden].
        """
        inputs, read = self._locked(inputs), partial(self._read, carry=carry)
        if inputs.values.device.type == "cpu":  # oneDNN has no LSTM in bf16 for many processors, and then torch raises
            return self._locked(in_float32(read, inputs))
        return self._locked(read(inputs))

    def _locked(self, sequence: PaddedSequence) -> PaddedSequence:
        if not self.training or not self.variational_dropout:
            return sequence
        return PaddedSequence(locked_dropout(sequence.values, self.variational_dropout), sequence.lengths)

    def _read(self, inputs: PaddedSequence, carry: Carry | None) -> PaddedSequence:
        values = inputs.values
        if self.training and self.dropout:
            values = dropout(values, self.dropout)
        if self.direction == "backward":
            values = reversed_rows(values, inputs.lengths)
        layers = self.layers
        if self.training and self.weight_dropout:
            layers = with_dropped_weights(layers, self.weight_dropout)
        found = layers(values)[0] if carry is None else _read_on(layers, values, inputs.lengths, carry)
        if self.direction == "backward":
            found = reversed_rows(found, inputs.lengths)
        return PaddedSequence(found * inputs.mask()[:, :, None], inputs.lengths)

    @property
    def output_dim(self) -> int:
        """Size of the layers' vectors."""
        return self.layers.hidden_size


def _read_on(layers: nn.LSTM | nn.GRU, values: Tensor, lengths: Tensor, carry: Carry) -> Tensor:
    """Return what layers make of values [B, T, D] that go on from a state, and leave that at the rows' ends."""
    found: Tensor
    gru = isinstance(layers, nn.GRU)
    before = carry.before[0] if gru and carry.before is not None else carry.before
    if int(lengths.min()) == values.shape[1]:
        found, after = layers(values, before)
    else:  # packed: the states of a padded tensor's rows would be those after their padding
        packed = pack_padded_sequence(values, lengths.cpu(), batch_first=True, enforce_sorted=False)
        outputs, after = layers(packed, before)
        found, _ = pad_packed_sequence(outputs, batch_first=True, total_length=values.shape[1])
    carry.after = (after,) if gru else after
    return found


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
