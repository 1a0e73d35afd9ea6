"""The vector of a row's last token."""

from __future__ import annotations

from torch import Tensor

from mtl.base.registry import register
from mtl.model.module import PaddedSequence, Pooling


@register("pooling", "last")
class LastPooling(Pooling):
    """The last state of a sequence, as an encoder hands it on (Sutskever et al., 2014, section 2).

    A representation that reads in both directions has read only the last token backwards there: see `boundary`.
    """

    def __init__(self, input_dim: int) -> None:
        super().__init__()
        self._output_dim = input_dim

    def forward(self, inputs: PaddedSequence) -> Tensor:
        """Return [B, D] for [B, T, D]."""
        return last_vectors(inputs)

    @property
    def output_dim(self) -> int:
        """Size of the incoming vectors."""
        return self._output_dim


def last_vectors(inputs: PaddedSequence) -> Tensor:
    """Return the vector of each row's last token, [B, D]."""
    values, lengths = inputs
    places = (lengths - 1)[:, None, None].expand(-1, 1, values.shape[2])
    return values.gather(1, places).squeeze(1)
