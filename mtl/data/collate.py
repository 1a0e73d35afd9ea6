"""Ragged values to padded arrays, without a Python step per row or token: this is on the path of every batch.

Shapes: B rows of a batch, T tokens of its longest row, C values of its longest token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ..text.features import Ragged


class Grid(NamedTuple):
    """Where a batch's values are in a flat array.

    `positions` [B, T] (0 where padding), `mask` [B, T], `lengths` [B]; one axis more for values in tokens.
    """

    positions: NDArray[np.int64]
    mask: NDArray[np.bool_]
    lengths: NDArray[np.int64]


def grid(offsets: NDArray[np.int64], rows: NDArray[np.integer]) -> Grid:
    """Return where the values of some rows are; `offsets` [N+1] bounds those of all rows."""
    starts = offsets[rows]
    lengths = offsets[rows + 1] - starts
    return _grid(starts, lengths)


def _grid(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> Grid:
    steps = np.arange(max(1, int(lengths.max(initial=0))))
    mask = steps < lengths[..., None]
    positions = starts[..., None] + steps
    positions *= mask
    return Grid(positions, mask, lengths)


def values_at(values: NDArray[Any], at: Grid, padding: int = 0) -> NDArray[Any]:
    """Return a batch's values [B, T], `padding` after their rows' ends; integers as int64, numbers as float32."""
    dtype: type[np.generic] = np.float32 if np.issubdtype(values.dtype, np.floating) else np.int64
    if not len(values):
        return np.full(at.mask.shape, padding, dtype)
    found: NDArray[Any] = values.take(at.positions).astype(dtype)
    if padding or dtype is np.float32:
        found[~at.mask] = padding
    else:
        found *= at.mask
    return found


def inner(offsets: NDArray[np.int64], at: Grid) -> Grid:
    """Return where the values of each token are, [B, T, C]; `offsets` bounds those of all tokens."""
    starts = offsets.take(at.positions)
    lengths = offsets.take(at.positions + 1)
    lengths -= starts
    lengths *= at.mask
    return _grid(starts, lengths)


def pad(ragged: Ragged, rows: NDArray[np.integer] | None = None) -> NDArray[Any]:
    """Return the values of some rows (or of all) as [B, T] or [B, T, C], padded with 0."""
    offsets = ragged.offsets[0]
    at = grid(offsets, np.arange(len(offsets) - 1) if rows is None else rows)
    return pad_at(ragged, at)


def pad_at(ragged: Ragged, at: Grid) -> NDArray[Any]:
    """Return the values of the tokens at `at` as [B, T] or [B, T, C], padded with 0."""
    return values_at(ragged.values, at if len(ragged.offsets) == 1 else inner(ragged.offsets[1], at))
