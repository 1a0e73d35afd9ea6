"""Two halves of every vector, one for each direction in which a row is read.

The first half reads forwards, the second backwards: it is reversed within each row's length, so that one loop over time
serves both, and padding, which comes after a row's tokens, needs no mask in it.
"""

from __future__ import annotations

import torch
from torch import Tensor


def to_time(values: Tensor, lengths: Tensor) -> Tensor:
    """Return [T, 2, B, D], in the order in which each direction reads, for rows [B, T, 2 x D]."""
    onwards, backwards = values.chunk(2, -1)
    return torch.stack([onwards, reversed_rows(backwards, lengths)]).permute(2, 0, 1, 3)


def from_time(values: Tensor, lengths: Tensor) -> Tensor:
    """Return rows [B, T, 2 x D] for [T, 2, B, D]; zeros where there is padding."""
    onwards, backwards = values.permute(1, 2, 0, 3).unbind(0)
    rows = torch.cat([onwards, reversed_rows(backwards, lengths)], -1)
    return rows * (torch.arange(rows.shape[1], device=rows.device) < lengths[:, None])[:, :, None]


def reversed_rows(values: Tensor, lengths: Tensor) -> Tensor:
    """Return [B, T, D], each row in reverse within its length; padding stays where it is."""
    positions = torch.arange(values.shape[1], device=values.device)
    order = torch.where(positions < lengths[:, None], lengths[:, None] - 1 - positions, positions)
    return values.gather(1, order[:, :, None].expand(values.shape))
