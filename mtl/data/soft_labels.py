"""Probabilities that a teacher gives the labels of a split's units, or of their tokens, memory-mapped."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..base.files import sha256
from .collate import grid


class SoftTargets(NamedTuple):
    """What a loss gets of a batch: `probabilities` [B, C] or [B, T, C], and which units have labels, too, [B] bool."""

    probabilities: Tensor
    labelled: Tensor


class SoftLabels:
    """Probabilities of all N units [N, C], or of all their tokens; `bounds` [N + 1] are then those of each unit's."""

    def __init__(self, file: Path, bounds: NDArray[np.int64] | None) -> None:
        self.file = file
        self.values: NDArray[np.float32] = np.load(file, mmap_mode="r", allow_pickle=False)
        self.bounds = bounds
        self.digest = sha256(file)

    def of(self, rows: NDArray[np.int64]) -> Tensor:
        """Return the probabilities of some units, [B, C] or [B, T, C]; zeros where padding."""
        if self.bounds is None:
            return torch.from_numpy(np.array(self.values[rows]))
        at = grid(self.bounds, rows)
        found = self.values[at.positions]
        found[~at.mask] = 0.0
        return torch.from_numpy(found)
