"""Probabilities of teachers, as a batch gets them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mtl.base.files import sha256
from mtl.data.soft_labels import SoftLabels


def test_units_have_a_row_each(tmp_path: Path) -> None:
    values = np.arange(6, dtype=np.float32).reshape(3, 2)
    np.save(tmp_path / "soft.npy", values)
    soft = SoftLabels(tmp_path / "soft.npy", None)
    assert soft.of(np.array([2, 0])).tolist() == [[4, 5], [0, 1]]
    assert soft.digest == sha256(tmp_path / "soft.npy")


def test_tokens_are_padded_with_zeros(tmp_path: Path) -> None:
    values = np.arange(1, 9, dtype=np.float32).reshape(4, 2)
    np.save(tmp_path / "soft.npy", values)
    soft = SoftLabels(tmp_path / "soft.npy", np.array([0, 1, 4]))
    assert soft.of(np.array([1, 0])).tolist() == [[[3, 4], [5, 6], [7, 8]], [[1, 2], [0, 0], [0, 0]]]
