"""Two texts' pieces in one row, with what a model expects around them: [CLS] first [SEP] second [SEP].

Shapes: B rows, P pieces.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor


class JoinedPieces(NamedTuple):
    """Ids [B, P] with `lengths` [B] of them in each row, 0 after that, and where each part begins, [B] each."""

    ids: Tensor
    lengths: Tensor
    begins: tuple[Tensor, ...]


def in_one_row(parts: Sequence[int | tuple[Tensor, Tensor]]) -> JoinedPieces:
    """Return parts one after another: an id of every row, or ids [B, P], P at least 1, and how many count, [B]."""
    tensors = [part for part in parts if not isinstance(part, int)]
    ids, counts = tensors[0]
    width = sum(part[0].shape[1] for part in tensors) + len(parts) - len(tensors)
    places = torch.arange(width, device=ids.device)[None, :]
    row, begin = ids.new_zeros(len(ids), 1), torch.zeros_like(counts)
    begins = []
    for part in parts:
        begins.append(begin)
        own = places - begin[:, None]
        if isinstance(part, int):
            row = torch.where(own == 0, part, row)
            begin = begin + 1
        else:
            ids, counts = part
            found = ids.gather(1, own.clamp(0, ids.shape[1] - 1))
            row = torch.where((own >= 0) & (own < counts[:, None]), found, row)
            begin = begin + counts
    return JoinedPieces(row, begin, tuple(begins))


def longest_first(first: Tensor, second: Tensor, room: int) -> tuple[Tensor, Tensor]:
    """Return how many pieces of two texts [B] are kept where there is room for some: those of the longer one go first.

    What one text leaves of its half is the other's; of an odd number the longer text, or the second, has one more.
    """
    half = room // 2
    least = torch.minimum(first, second)
    most = torch.where(least <= half, room - least, room - half)
    shorter = least.clamp(max=half)
    second_is_longer = second >= first
    longer = torch.minimum(torch.maximum(first, second), most)
    kept_first = torch.where(second_is_longer, shorter, longer)
    kept_second = torch.where(second_is_longer, longer, shorter)
    whole = first + second <= room
    return torch.where(whole, first, kept_first), torch.where(whole, second, kept_second)


def only_second(first: Tensor, second: Tensor, room: int) -> tuple[Tensor, Tensor]:
    """Return how many pieces of two texts [B] are kept where there is room for some: those of the second go first."""
    kept = first.clamp(max=room)
    return kept, torch.minimum(second, room - kept)
