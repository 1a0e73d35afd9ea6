"""What replaces the loop over time of a multiplicative LSTM in an exported graph: an operator that is a `Scan` there.

Imported by the export only.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mtl.export.operators import register_operator

from ..layers import recurrent_translations
from . import multiplicative_lstm


@torch.library.custom_op("mtl::integration_recurrence", mutates_args=())
def integration_recurrence(projected: Tensor, lengths: Tensor, gates: Tensor) -> Tensor:
    """Return the states [B, T, 2 x H], as the function of this name in `multiplicative_lstm` does."""
    return multiplicative_lstm.integration_recurrence(projected, lengths, gates)


@integration_recurrence.register_fake
def _(projected: Tensor, lengths: Tensor, gates: Tensor) -> Tensor:
    return projected.new_empty(projected.shape[0], projected.shape[1], 2 * gates.shape[1])


register_operator(torch.ops.mtl.integration_recurrence.default, recurrent_translations.integration_recurrence)


@torch.library.custom_op("mtl::factored_recurrence", mutates_args=())
def factored_recurrence(projected: Tensor, lengths: Tensor, factors: Tensor, gates: Tensor) -> Tensor:
    """Return the states [B, T, 2 x H], as the function of this name in `multiplicative_lstm` does."""
    return multiplicative_lstm.factored_recurrence(projected, lengths, factors, gates)


@factored_recurrence.register_fake
def _(projected: Tensor, lengths: Tensor, factors: Tensor, gates: Tensor) -> Tensor:
    return projected.new_empty(projected.shape[0], projected.shape[1], 2 * factors.shape[1])


register_operator(torch.ops.mtl.factored_recurrence.default, recurrent_translations.factored_recurrence)
