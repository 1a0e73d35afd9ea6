from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mtl.data.collate import pad
from mtl.text.features import Ragged

Rows = list[list[Any]]


def ragged(rows: Rows, dtype: Any = np.int32) -> Ragged:
    return Ragged.of(rows, dtype)


def nested(rows: list[Rows]) -> Ragged:
    tokens = [token for row in rows for token in row]
    values = Ragged.of(tokens, np.int32)
    bounds = np.cumsum([0, *map(len, rows)])
    return Ragged(values.values, (bounds, values.offsets[0]))


def padded_by_hand(rows: Rows) -> Any:
    width = max([1, *map(len, rows)])
    return np.array([row + [0] * (width - len(row)) for row in rows], np.int64).reshape(len(rows), width)


def test_one_value_a_token() -> None:
    values = ragged([[1, 2, 3], [4], [5, 6]])
    assert pad(values).tolist() == [[1, 2, 3], [4, 0, 0], [5, 6, 0]]
    assert pad(values, np.array([2, 1])).tolist() == [[5, 6], [4, 0]]
    assert pad(values).dtype == np.int64


def test_several_values_a_token() -> None:
    values = nested([[[1, 2], [3]], [[]], [[4, 5, 6]]])
    assert pad(values).tolist() == [
        [[1, 2, 0], [3, 0, 0]],
        [[0, 0, 0], [0, 0, 0]],
        [[4, 5, 6], [0, 0, 0]],
    ]
    assert pad(values, np.array([1])).tolist() == [[[0]]]


def test_numbers_stay_numbers() -> None:
    values = ragged([[0.5, np.nan], [1.5]], np.float32)
    found = pad(values, np.array([1, 0]))
    assert found.dtype == np.float32
    assert found[0].tolist() == [1.5, 0.0]
    found = pad(ragged([[1.0], [np.nan, np.inf]], np.float32), np.array([0, 1]))
    assert found[0].tolist() == [1.0, 0.0]


def test_no_rows_and_no_values() -> None:
    assert pad(ragged([])).shape == (0, 1)
    assert pad(nested([])).shape == (0, 1, 1)
    assert pad(nested([[[]], [[], []]])).tolist() == [[[0], [0]], [[0], [0]]]


@given(st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=7), min_size=1, max_size=9), st.data())
def test_padding_is_what_a_loop_does(rows: Rows, data: Any) -> None:
    chosen = data.draw(st.lists(st.integers(0, len(rows) - 1), min_size=1, max_size=5))
    found = pad(ragged(rows), np.array(chosen))
    assert np.array_equal(found, padded_by_hand([rows[i] for i in chosen]))


@given(st.lists(st.lists(st.lists(st.integers(1, 9), max_size=4), min_size=1, max_size=4), min_size=1, max_size=5))
def test_nested_padding_is_what_a_loop_does(rows: list[Rows]) -> None:
    found = pad(nested(rows))
    for i, row in enumerate(rows):
        for j, token in enumerate(row):
            assert found[i, j, : len(token)].tolist() == token
            assert not found[i, j, len(token) :].any()
        assert not found[i, len(row) :].any()
