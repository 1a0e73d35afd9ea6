"""The largest value of each dimension over the tokens of a row."""

from __future__ import annotations

from torch import Tensor

from mtl.base.registry import register
from mtl.model.module import PaddedSequence, Pooling


@register("pooling", "max")
class MaxPooling(Pooling):
    """Maximum over time (Collobert et al., 2011, section 3.2.2)."""

    def __init__(self, input_dim: int) -> None:
        super().__init__()
        self._output_dim = input_dim

    def forward(self, inputs: PaddedSequence) -> Tensor:
        """Return [B, D] for [B, T, D]."""
        return inputs.values.masked_fill(~inputs.mask()[:, :, None], float("-inf")).amax(1)

    @property
    def output_dim(self) -> int:
        """Size of the incoming vectors."""
        return self._output_dim
