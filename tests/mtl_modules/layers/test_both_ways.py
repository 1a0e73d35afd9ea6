from __future__ import annotations

import torch

from mtl_modules.layers.both_ways import from_time, reversed_rows, to_time

LENGTHS = torch.tensor([3, 1])
VALUES = torch.tensor([[[1, 10], [2, 20], [3, 30]], [[4, 40], [-1, -1], [-2, -2]]])


def test_rows_are_reversed_within_their_lengths() -> None:
    assert reversed_rows(VALUES, LENGTHS)[:, :, 0].tolist() == [[3, 2, 1], [4, -1, -2]]


def test_the_second_half_comes_in_the_order_of_reading() -> None:
    found = to_time(VALUES, LENGTHS)
    assert found.shape == (3, 2, 2, 1)
    assert found[:, 0, 0, 0].tolist() == [1, 2, 3]
    assert found[:, 1, 0, 0].tolist() == [30, 20, 10]
    assert found[0, :, 1, 0].tolist() == [4, 40]


def test_the_way_back_leaves_zeros_for_padding() -> None:
    found = from_time(to_time(VALUES, LENGTHS), LENGTHS)
    assert found.tolist() == [[[1, 10], [2, 20], [3, 30]], [[4, 40], [0, 0], [0, 0]]]
