"""What replaces the loop over time of a multiplicative LSTM in an exported graph: an operator that is a `Scan` there.

Imported by the export only.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mtl.export.operators import register_operator

from ..layers import recurrent_translations
from . import multiplicative_lstm


@torch.library.custom_op("mtl::multiplicative_recurrence", mutates_args=())
def multiplicative_recurrence(projected: Tensor, lengths: Tensor, factors: Tensor, gates: Tensor) -> Tensor:
    """Return the states [B, T, 2 x H], as the function of this name in `multiplicative_lstm` does."""
    return multiplicative_lstm.multiplicative_recurrence(projected, lengths, factors, gates)


@multiplicative_recurrence.register_fake
def _(projected: Tensor, lengths: Tensor, factors: Tensor, gates: Tensor) -> Tensor:
    return projected.new_empty(projected.shape[0], projected.shape[1], 2 * factors.shape[1])


register_operator(torch.ops.mtl.multiplicative_recurrence.default, recurrent_translations.multiplicative_recurrence)
