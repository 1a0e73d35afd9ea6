"""Regrouping in an exported graph: row i belongs to row i, so nothing is left of it.

torch should not learn that two inputs have one number of rows: it would then read the number off either of them, and
the graph of one text alone could not be cut out. An operator of our own says how many rows come out, and becomes an
`Identity`, which is removed.
"""

from __future__ import annotations

from typing import Any

import torch
from onnxscript import opset18 as op
from torch import Tensor

from ..model.module import PaddedSequence
from .operators import register_operator


def as_units(value: Any, rows: Tensor) -> Any:
    """Return a value of every text as one of every unit, of which there are as many as `rows` has."""
    if isinstance(value, PaddedSequence):
        return PaddedSequence(_rows(value.values, rows), _rows(value.lengths, rows))
    return _rows(value, rows)


@torch.library.custom_op("mtl::rows_as", mutates_args=())
def _rows(value: Tensor, rows: Tensor) -> Tensor:
    return value.clone()


@_rows.register_fake
def _(value: Tensor, rows: Tensor) -> Tensor:
    return value.new_empty((rows.shape[0], *value.shape[1:]))


def _identity(value: Any, rows: Any) -> Any:
    return op.Identity(value)


register_operator(torch.ops.mtl.rows_as.default, _identity)
