"""The mean of each dimension over the tokens of a row."""

from __future__ import annotations

from torch import Tensor

from mtl.base.registry import register
from mtl.model.module import PaddedSequence, Pooling


@register("pooling", "mean")
class MeanPooling(Pooling):
    """Mean over time (Iyyer et al., 2015)."""

    def __init__(self, input_dim: int) -> None:
        super().__init__()
        self._output_dim = input_dim

    def forward(self, inputs: PaddedSequence) -> Tensor:
        """Return [B, D] for [B, T, D]."""
        total = inputs.values.masked_fill(~inputs.mask()[:, :, None], 0.0).sum(1)
        return total / inputs.lengths[:, None].to(total.dtype)

    @property
    def output_dim(self) -> int:
        """Size of the incoming vectors."""
        return self._output_dim
