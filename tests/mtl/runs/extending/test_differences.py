from __future__ import annotations

import math

import numpy as np
import pytest

from mtl.runs.extending.differences import Difference, Differences

NUMBERS = np.array([[0.25, 0.75], [0.5, 0.5], [0.0, math.nan]], np.float32)


def test_bits_that_change_no_answer() -> None:
    found = Differences(3)
    found.add(np.arange(3), np.array(["a", "b", "c"], object), np.array(["a", "b", "c"], object))
    other = NUMBERS.copy()
    other[1, 0] = np.nextafter(np.float32(0.5), np.float32(1))
    found.add(np.arange(3), NUMBERS, other)
    assert found.summed() == Difference(1, 0, pytest.approx(6e-8, rel=0.01))


def test_rows_are_counted_once_over_all_arrays_and_batches() -> None:
    found = Differences(4)
    found.add(np.array([3, 1]), np.array([[1, 2], [3, 4]]), np.array([[1, 2], [3, 5]]))
    found.add(np.array([3, 1]), np.array([0.5, 0.5]), np.array([0.5, 0.75]))
    found.add(np.array([0, 2]), np.array([0.5, 0.5]), np.array([0.0, 0.5]))
    assert found.summed() == Difference(2, 1, 0.5)


def test_numbers_alone_have_no_answers_that_change() -> None:
    found = Differences(3)
    found.add(slice(None), np.array([1.0, 2.0, -math.inf]), np.array([1.0, 5.0, -math.inf]))
    assert found.summed() == Difference(1, None, 3.0)


@pytest.mark.parametrize("other", [NUMBERS[:, :1], NUMBERS.astype(np.float64), np.nan_to_num(NUMBERS)])
def test_what_has_no_size(other: np.ndarray) -> None:
    found = Differences(3)
    found.add(slice(None), NUMBERS, other)
    summed = found.summed()
    assert summed.largest == math.inf
    assert summed.rows == (1 if other.shape == NUMBERS.shape and other.dtype == NUMBERS.dtype else 3)
    assert summed.facts() == {"rows": summed.rows, "answers": None, "largest": None}
