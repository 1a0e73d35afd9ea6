"""Eight-bit integers in place of floats, with a scale for each channel."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class Quantized(NamedTuple):
    """Integers int8 and scales float32, which times each other are about what was there."""

    values: NDArray[np.int8]
    scales: Floats


def quantized(weights: Floats, along: int, bits: int) -> Quantized:
    """Return the nearest integers from -(2^(bits-1) - 1) to 2^(bits-1) - 1, times scales.

    Numbers along one axis have one scale, by the largest of their magnitudes; the scales have the size 1 there, else
    those of `weights`. Where all are 0, the scale is 1.

    >>> found = quantized(np.array([[0.5, -1.0], [0.0, 0.0]], np.float32), along=1, bits=8)
    >>> found.values.tolist(), found.scales.tolist()
    ([[64, -127], [0, 0]], [[0.007874015718698502], [1.0]])
    """
    largest = np.float32(2 ** (bits - 1) - 1)
    top = np.abs(weights).max(axis=along, keepdims=True, initial=0)
    scales = np.where(top > 0, top / largest, np.float32(1)).astype(np.float32)
    return Quantized(np.rint(weights / scales).astype(np.int8), scales)
