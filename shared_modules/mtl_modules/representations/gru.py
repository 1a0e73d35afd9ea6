"""A bidirectional GRU."""

from __future__ import annotations

import importlib

from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from mtl.base.registry import register
from mtl.model.module import PaddedSequence, Representation
from mtl.model.precision import in_float32

from ..layers.dropout import dropout
from ..layers.limits import Count, Rate
from ..layers.recurrent_layers import layers_of
from ..layers.weight_dropout import with_dropped_weights


@register("representation", "bigru")
class BiGRU(Representation):
    """Stacked GRUs (Cho et al., 2014, section 2.3) that read each row in both directions.

    `hidden` is the size of each direction (vectors of 2 x hidden come out), `layers` how many are stacked,
    `dropout` the rate on the input and between the layers. `weight_dropout` is the rate at which recurrent weights are
    dropped, for a whole batch at a time (Merity et al., 2018, section 3.1).
    """

    def __init__(
        self,
        input_dim: int,
        *,
        hidden: Count = 200,
        layers: Count = 1,
        dropout: Rate = 0.0,
        weight_dropout: Rate = 0.0,
    ) -> None:
        super().__init__()
        self.dropout = dropout
        self.weight_dropout = weight_dropout
        self.gru = nn.GRU(
            input_dim,
            hidden,
            layers,
            batch_first=True,
            bidirectional=True,
            dropout=dropout if layers > 1 else 0.0,
        )

    def layered(self) -> list[list[nn.Parameter]]:
        """Return the parameters of each layer."""
        return layers_of(self.gru)

    def forward(self, inputs: PaddedSequence) -> PaddedSequence:
        """Return [B, T, 2 x hidden] for [B, T, D]; zeros where there is padding."""
        if inputs.values.device.type == "cpu":  # torch has no packed GRU in bf16 there
            return in_float32(self._read, inputs)
        return self._read(inputs)

    def _read(self, inputs: PaddedSequence) -> PaddedSequence:
        values, lengths = inputs
        if self.training and self.dropout:
            values = dropout(values, self.dropout)
        gru = self.gru
        if self.training and self.weight_dropout:
            gru = with_dropped_weights(gru, self.weight_dropout)
        if values.is_meta or int(lengths.min()) == values.shape[1]:  # lengths on `meta` have no values
            return PaddedSequence(gru(values)[0], lengths)
        packed = pack_padded_sequence(values, lengths.cpu(), batch_first=True, enforce_sorted=False)
        outputs, _ = pad_packed_sequence(gru(packed)[0], batch_first=True, total_length=values.shape[1])
        return PaddedSequence(outputs, lengths)

    @property
    def output_dim(self) -> int:
        """Twice the size of a direction."""
        return 2 * self.gru.hidden_size

    def exportable(self) -> nn.Module:
        """Return the same layers as ONNX `GRU` nodes."""
        exported = importlib.import_module(
            "mtl_modules.representations.exported_gru"
        )  # needs onnxscript: not for training
        stand_in: nn.Module = exported.ExportedBiGRU(self.gru)
        return stand_in
