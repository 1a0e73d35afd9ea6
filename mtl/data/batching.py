"""Which rows go together: batches of rows of similar length, a pure function of (lengths, budget, seed, epoch)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..base.errors import UsageError

POOL = 100  # batches that are sorted by length together: more waste less padding, fewer mix rows more freely


def batches(
    lengths: NDArray[np.integer],
    *,
    size: int | None = None,
    tokens: int | None = None,
    seed: int,
    epoch: int,
    shuffle: bool = True,
    units: NDArray[np.integer] | None = None,
) -> list[NDArray[np.int64]]:
    """Return the row numbers of each batch of an epoch; every row is in exactly one.

    `lengths` [N] are tokens per row. A batch has `size` rows, or as many as fit into `tokens` tokens, padding
    included (a longer row is a batch by itself); exactly one of the two budgets is given. With `shuffle`, rows are
    drawn into pools of about 100 batches, sorted by length inside a pool and cut, and the batches are shuffled;
    without it, all rows are sorted by length, whatever the seed and epoch. Rows of one number in `units` [N] stay
    together: then units are drawn, sorted by their longest row and put into batches as long as they fit, and a unit
    over the budget is a batch by itself. Raises `UsageError` for a budget that is not one positive number.
    """
    budget = size if tokens is None else tokens
    if budget is None or (size is not None and tokens is not None):
        raise UsageError(
            f"batch should have one budget, size or tokens. {'There is none' if size is None else 'Found two'}."
        )
    if budget < 1:
        raise UsageError(f"batch {'size' if tokens is None else 'tokens'} should be a positive number. Found {budget}.")
    if not len(lengths):
        return []
    generator = np.random.Generator(np.random.PCG64([seed % 2**64, epoch])) if shuffle else None
    if units is not None:
        return _whole(units, lengths, size, tokens, generator)
    if generator is None:
        return _cut(np.argsort(lengths, kind="stable"), lengths, size, tokens)
    order = generator.permutation(len(lengths))
    rows = size if size is not None else max(1, budget // max(1, int(np.mean(lengths))))
    found: list[NDArray[np.int64]] = []
    for start in range(0, len(order), POOL * rows):
        pool = order[start : start + POOL * rows]
        found += _cut(pool[np.argsort(lengths[pool], kind="stable")], lengths, size, tokens)
    return [found[i] for i in generator.permutation(len(found))]


def part(
    rows: NDArray[np.int64], number: int, count: int, units: NDArray[np.integer] | None = None
) -> NDArray[np.int64]:
    """Return part `number` of `count` of a batch's rows: every so many of them, those of one unit together."""
    if count == 1:
        return rows
    if units is None:
        return rows[number::count]
    together = units[rows]
    order = np.argsort(np.unique(together, return_index=True)[1])  # of appearance
    places = np.argsort(order)[np.unique(together, return_inverse=True)[1].reshape(-1)]
    found: NDArray[np.int64] = rows[places % count == number]
    return found


def _cut(
    rows: NDArray[np.int64], lengths: NDArray[np.integer], size: int | None, tokens: int | None
) -> list[NDArray[np.int64]]:
    """Cut rows that are sorted by length into batches."""
    if size is not None:
        return [rows[start : start + size] for start in range(0, len(rows), size)]
    found = []
    start = 0
    while start < len(rows):
        most = max(1, (tokens or 0) // max(1, int(lengths[rows[start]])))
        padded = lengths[rows[start : start + most]].astype(np.int64) * np.arange(1, min(most, len(rows) - start) + 1)
        count = max(1, int(np.searchsorted(padded, tokens or 0, side="right")))
        found.append(rows[start : start + count])
        start += count
    return found


def _whole(
    units: NDArray[np.integer],
    lengths: NDArray[np.integer],
    size: int | None,
    tokens: int | None,
    generator: np.random.Generator | None,
) -> list[NDArray[np.int64]]:
    """Put whole units into batches."""
    rows = np.argsort(units, kind="stable")
    starts = np.flatnonzero(np.diff(units[rows], prepend=units[rows[0]] - 1))
    sizes = np.diff(starts, append=len(rows))
    longest = np.maximum.reduceat(lengths[rows], starts).astype(np.int64)
    if generator is None:
        order = np.argsort(longest, kind="stable")
    else:
        order = generator.permutation(len(starts))
        wanted = size if size is not None else max(1, (tokens or 0) // max(1, int(np.mean(lengths))))
        pool = (np.cumsum(sizes[order]) - sizes[order]) // (POOL * wanted)
        order = order[np.lexsort((longest[order], pool))]
    found: list[list[int]] = []
    count = widest = 0  # rows of the last batch, and the tokens of its longest one
    for unit in order.tolist():
        count, widest = count + int(sizes[unit]), max(widest, int(longest[unit]))
        if not found or (count > size if size is not None else count * widest > (tokens or 0)):
            found.append([])
            count, widest = int(sizes[unit]), int(longest[unit])
        found[-1].append(unit)
    whole = [np.concatenate([rows[starts[u] : starts[u] + sizes[u]] for u in batch]) for batch in found]
    return whole if generator is None else [whole[i] for i in generator.permutation(len(whole))]
