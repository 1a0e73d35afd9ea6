"""A bidirectional LSTM."""

from __future__ import annotations

import importlib

from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from mtl.base.registry import register
from mtl.model.module import PaddedSequence, Representation
from mtl.model.precision import in_float32

from ..layers.dropout import dropout, locked_dropout
from ..layers.limits import Count, Rate
from ..layers.padded_lstm import pays_off, run_padded
from ..layers.recurrent_layers import layers_of
from ..layers.weight_dropout import with_dropped_weights


@register("representation", "bilstm")
class BiLSTM(Representation):
    """Stacked LSTMs that read each row in both directions (Graves and Schmidhuber, 2005).

    `hidden` is the size of each direction (vectors of 2 x hidden come out), `layers` how many are stacked,
    `dropout` the rate on the input and between the layers. `variational_dropout` is a rate on the input and the output,
    where the same dimensions are dropped at all tokens of a row (Gal and Ghahramani, 2016). `weight_dropout` is the
    rate at which recurrent weights are dropped, for a whole batch at a time (Merity et al., 2018, section 3.1).
    """

    def __init__(
        self,
        input_dim: int,
        *,
        hidden: Count = 200,
        layers: Count = 1,
        dropout: Rate = 0.0,
        variational_dropout: Rate = 0.0,
        weight_dropout: Rate = 0.0,
    ) -> None:
        super().__init__()
        self.dropout = dropout
        self.variational_dropout = variational_dropout
        self.weight_dropout = weight_dropout
        self.lstm = nn.LSTM(
            input_dim,
            hidden,
            layers,
            batch_first=True,
            bidirectional=True,
            dropout=dropout if layers > 1 else 0.0,
        )

    def layered(self) -> list[list[nn.Parameter]]:
        """Return the parameters of each layer."""
        return layers_of(self.lstm)

    def forward(self, inputs: PaddedSequence) -> PaddedSequence:
        """Return [B, T, 2 x hidden] for [B, T, D]; zeros where there is padding."""
        inputs = self._locked(inputs)
        if inputs.values.device.type == "cpu":  # oneDNN has no LSTM in bf16 for many processors, and then torch raises
            return self._locked(in_float32(self._read, inputs))
        return self._locked(self._read(inputs))

    def _locked(self, sequence: PaddedSequence) -> PaddedSequence:
        if not self.training or not self.variational_dropout:
            return sequence
        return PaddedSequence(locked_dropout(sequence.values, self.variational_dropout), sequence.lengths)

    def _read(self, inputs: PaddedSequence) -> PaddedSequence:
        values, lengths = inputs
        if self.training and self.dropout:
            values = dropout(values, self.dropout)
        lstm = self.lstm
        if self.training and self.weight_dropout:
            lstm = with_dropped_weights(lstm, self.weight_dropout)
        full = values.is_meta or int(lengths.min()) == values.shape[1]  # lengths on `meta` have no values
        if (self.training or not full) and pays_off(values, lengths):
            return PaddedSequence(run_padded(lstm, values, lengths), lengths)
        if full:
            return PaddedSequence(lstm(values)[0], lengths)
        packed = pack_padded_sequence(values, lengths.cpu(), batch_first=True, enforce_sorted=False)
        outputs, _ = pad_packed_sequence(lstm(packed)[0], batch_first=True, total_length=values.shape[1])
        return PaddedSequence(outputs, lengths)

    @property
    def output_dim(self) -> int:
        """Twice the size of a direction."""
        return 2 * self.lstm.hidden_size

    def exportable(self) -> nn.Module:
        """Return the same layers as ONNX `LSTM` nodes."""
        exported = importlib.import_module(
            "mtl_modules.representations.exported_lstm"
        )  # needs onnxscript: not for training
        stand_in: nn.Module = exported.ExportedBiLSTM(self.lstm)
        return stand_in
