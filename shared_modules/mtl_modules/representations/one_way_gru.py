"""A GRU of one direction."""

from __future__ import annotations

import importlib

from torch import nn

from mtl.base.registry import register

from ..layers.limits import Count, Rate
from ..layers.one_way import Direction, ExportedOneWay, OneWay


@register("representation", "gru")
class OneWayGRU(OneWay):
    """Stacked GRUs (Cho et al., 2014, section 2.3) that read each row in one `direction`: `forward` or `backward`.

    `hidden` is the size of their vectors, `layers` how many are stacked, `dropout` the rate on the input and between
    the layers. `variational_dropout` is a rate on the input and the output, where the same dimensions are dropped at
    all tokens of a row (Gal and Ghahramani, 2016). `weight_dropout` is the rate at which recurrent weights are
    dropped, for a whole batch at a time (Merity et al., 2018, section 3.1).
    """

    def __init__(
        self,
        input_dim: int,
        *,
        hidden: Count = 200,
        layers: Count = 1,
        direction: Direction = "forward",
        dropout: Rate = 0.0,
        variational_dropout: Rate = 0.0,
        weight_dropout: Rate = 0.0,
    ) -> None:
        between = dropout if layers > 1 else 0.0
        gru = nn.GRU(input_dim, hidden, layers, batch_first=True, dropout=between)
        super().__init__(gru, direction, dropout, variational_dropout, weight_dropout)

    def exportable(self) -> nn.Module:
        """Return the same layers as ONNX `GRU` nodes."""
        exported = importlib.import_module(
            "mtl_modules.representations.exported_gru"
        )  # needs onnxscript: not for training
        return ExportedOneWay(exported.ExportedBiGRU(self.layers), self.direction)
