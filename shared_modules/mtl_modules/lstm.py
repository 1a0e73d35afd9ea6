"""A bidirectional LSTM."""

from __future__ import annotations

import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from mtl.module import Representation, Sequence
from mtl.registry import register


@register("representation", "bilstm")
class BiLSTM(Representation):
    """Stacked LSTMs that read each row in both directions (Graves and Schmidhuber, 2005).

    `hidden` is the size of each direction (vectors of 2 x hidden come out), `layers` how many are stacked,
    `dropout` the rate on the input and between the layers.
    """

    def __init__(self, input_dim: int, *, hidden: int = 200, layers: int = 1, dropout: float = 0.0) -> None:
        super().__init__()
        self.dropout = dropout
        self.lstm = nn.LSTM(
            input_dim,
            hidden,
            layers,
            batch_first=True,
            bidirectional=True,
            dropout=dropout if layers > 1 else 0.0,
        )

    def forward(self, inputs: Sequence) -> Sequence:
        """Return [B, T, 2 x hidden] for [B, T, D]; zeros where there is padding."""
        values, lengths = inputs
        if values.is_meta:  # lengths have no values there, only shapes can come out
            return Sequence(self.lstm(values)[0], lengths)
        packed = pack_padded_sequence(values, lengths.cpu(), batch_first=True, enforce_sorted=False)
        if self.training and self.dropout:
            packed = PackedSequence(F.dropout(packed.data, self.dropout), *packed[1:])
        outputs, _ = pad_packed_sequence(self.lstm(packed)[0], batch_first=True, total_length=values.shape[1])
        return Sequence(outputs, lengths)

    @property
    def output_dim(self) -> int:
        """Twice the size of a direction."""
        return 2 * self.lstm.hidden_size
