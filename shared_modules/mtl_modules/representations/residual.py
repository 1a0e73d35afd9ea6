"""A representation beside which its input goes on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from torch import nn

from mtl.base.registry import register
from mtl.model.module import PaddedSequence, Representation

from ..layers.dropout import Dropout
from ..layers.limits import Rate


@register("representation", "residual")
class Residual(Representation):
    """What any representation computes, added to what flows into it (He et al., 2016, section 3.1).

    `part` is a component of its own, which may be tied to others. Where its vectors have another size than its input,
    the input goes through a linear layer without a bias (section 3.2, equation 2). `dropout` is the rate on what the
    part computes; with `norm` the sum is normalized (Ba et al., 2016, section 3).
    """

    takes_input: ClassVar[bool] = True

    def __init__(
        self, input_dims: tuple[int, ...], *, part: Representation, dropout: Rate = 0.0, norm: bool = False
    ) -> None:
        super().__init__()
        size, input_dim = part.output_dim, input_dims[-1]
        self.shortcut = None if size == input_dim else nn.Linear(input_dim, size, bias=False)
        self.dropout = Dropout(dropout)
        self.norm = nn.LayerNorm(size) if norm else None
        self._output_dim = size

    @classmethod
    def causal(cls, values: Mapping[str, Any]) -> bool:
        """Say that it adds nothing to what its part sees."""
        return True

    def forward(self, *given: PaddedSequence) -> PaddedSequence:
        """Return [B, T, D] for what the part computes, [B, T, D], and what it was made of."""
        computed, inputs = given
        kept = inputs.values if self.shortcut is None else self.shortcut(inputs.values)
        values = kept + self.dropout(computed.values)
        return PaddedSequence(values if self.norm is None else self.norm(values), computed.lengths)

    @property
    def output_dim(self) -> int:
        """Size of the part's vectors."""
        return self._output_dim
