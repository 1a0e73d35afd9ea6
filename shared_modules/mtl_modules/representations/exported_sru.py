"""What replaces the loop over time of simple recurrent units in an exported graph: an operator that is a `Scan` there.

Imported by the export only.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mtl.export.operators import register_operator

from ..layers import recurrent_translations
from . import sru


@torch.library.custom_op("mtl::light_recurrence", mutates_args=())
def light_recurrence(projected: Tensor, highway: Tensor, lengths: Tensor, peepholes: Tensor, biases: Tensor) -> Tensor:
    """Return the outputs [B, T, 2 x H], as `mtl_modules.representations.sru.light_recurrence` does."""
    return sru.light_recurrence(projected, highway, lengths, peepholes, biases)


@light_recurrence.register_fake
def _(projected: Tensor, highway: Tensor, lengths: Tensor, peepholes: Tensor, biases: Tensor) -> Tensor:
    return torch.empty_like(highway)


register_operator(torch.ops.mtl.light_recurrence.default, recurrent_translations.light_recurrence)
