"""The vector that a row begins with."""

from __future__ import annotations

from torch import Tensor

from mtl.base.registry import register
from mtl.model.module import PaddedSequence, Pooling


@register("pooling", "first")
class FirstPooling(Pooling):
    """The first state of a sequence: of a pretrained `transformer` that of [CLS] (Devlin et al., 2019, section 3)."""

    def __init__(self, input_dim: int) -> None:
        super().__init__()
        self._output_dim = input_dim

    def forward(self, inputs: PaddedSequence) -> Tensor:
        """Return [B, D] for [B, T, D]."""
        return inputs.values[:, 0]

    @property
    def output_dim(self) -> int:
        """Size of the incoming vectors."""
        return self._output_dim
