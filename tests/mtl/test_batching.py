from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtl.batching import batches
from mtl.errors import UsageError

LENGTHS = np.random.default_rng(0).integers(1, 60, 10_000).astype(np.int32)
BUDGETS: list[dict[str, int]] = [{"size": 32}, {"tokens": 2000}]


def padded(found: list[Any]) -> int:
    return sum(int(LENGTHS[rows].max()) * len(rows) for rows in found)


@pytest.mark.parametrize("budget", BUDGETS, ids=str)
@pytest.mark.parametrize("shuffle", [True, False])
def test_an_epoch_has_every_row_once(budget: dict[str, int], shuffle: bool) -> None:
    found = batches(LENGTHS, seed=1, epoch=0, shuffle=shuffle, **budget)
    assert sorted(np.concatenate(found).tolist()) == list(range(len(LENGTHS)))


@pytest.mark.parametrize("budget", BUDGETS, ids=str)
def test_batches_are_a_function_of_seed_and_epoch(budget: dict[str, int]) -> None:
    def epoch(seed: int, number: int) -> list[list[int]]:
        return [rows.tolist() for rows in batches(LENGTHS, seed=seed, epoch=number, **budget)]

    assert epoch(1, 0) == epoch(1, 0)
    assert epoch(1, 0) != epoch(1, 1)
    assert epoch(1, 0) != epoch(2, 0)
    assert epoch(-1, 0) == epoch(-1, 0)


@pytest.mark.parametrize("budget", BUDGETS, ids=str)
def test_batches_are_of_like_length_but_in_no_order_of_length(budget: dict[str, int]) -> None:
    found = batches(LENGTHS, seed=1, epoch=0, **budget)
    assert padded(found) < 1.05 * LENGTHS.sum()
    means = [LENGTHS[rows].mean() for rows in found]
    assert abs(np.corrcoef(means, np.arange(len(means)))[0, 1]) < 0.2


def test_a_batch_has_the_size_asked_for() -> None:
    found = batches(LENGTHS, size=32, seed=1, epoch=0)
    assert len(found) == int(np.ceil(len(LENGTHS) / 32))
    assert sorted({len(rows) for rows in found}) == [len(LENGTHS) % 32, 32]


@given(st.lists(st.integers(1, 50), max_size=300), st.integers(1, 120))
def test_a_batch_keeps_the_token_budget(lengths: list[int], tokens: int) -> None:
    sizes = np.array(lengths, np.int32)
    found = batches(sizes, tokens=tokens, seed=0, epoch=0)
    assert sorted(row for rows in found for row in rows.tolist()) == list(range(len(lengths)))
    for rows in found:
        assert len(rows) == 1 or int(sizes[rows].max()) * len(rows) <= tokens


def test_without_shuffling_rows_are_in_order_of_length() -> None:
    found = batches(LENGTHS, size=64, seed=1, epoch=0, shuffle=False)
    order = np.concatenate(found)
    assert (np.diff(LENGTHS[order]) >= 0).all()
    again = batches(LENGTHS, size=64, seed=2, epoch=5, shuffle=False)
    assert np.array_equal(order, np.concatenate(again))


BAD: list[tuple[dict[str, int], str]] = [
    ({}, "batch should have one budget, size or tokens. Found none."),
    ({"size": 1, "tokens": 1}, "batch should have one budget, size or tokens. Found two."),
    ({"size": 0}, "batch size should be a positive number. Found 0."),
    ({"tokens": -3}, "batch tokens should be a positive number. Found -3."),
]


@pytest.mark.parametrize(("budget", "message"), BAD)
def test_a_budget_that_is_none(budget: dict[str, int], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        batches(LENGTHS, seed=0, epoch=0, **budget)
    assert str(caught.value) == message
