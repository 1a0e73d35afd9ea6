from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtl.base.errors import UsageError
from mtl.data.batching import batches

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
    ({}, "batch should have one budget, size or tokens. There is none."),
    ({"size": 1, "tokens": 1}, "batch should have one budget, size or tokens. Found two."),
    ({"size": 0}, "batch size should be a positive number. Found 0."),
    ({"tokens": -3}, "batch tokens should be a positive number. Found -3."),
]


@pytest.mark.parametrize(("budget", "message"), BAD)
def test_a_budget_that_is_none(budget: dict[str, int], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        batches(LENGTHS, seed=0, epoch=0, **budget)
    assert str(caught.value) == message


# -- whole units


UNITS = np.random.default_rng(1).integers(0, 900, 10_000)


def sizes(found: list[Any]) -> list[int]:
    return [len(rows) for rows in found]


@pytest.mark.parametrize("budget", BUDGETS, ids=str)
@pytest.mark.parametrize("shuffle", [True, False])
def test_a_unit_is_in_one_batch(budget: dict[str, int], shuffle: bool) -> None:
    found = batches(LENGTHS, seed=1, epoch=0, shuffle=shuffle, units=UNITS, **budget)
    assert sorted(np.concatenate(found).tolist()) == list(range(len(LENGTHS)))
    held = [set(UNITS[rows].tolist()) for rows in found]
    assert sum(map(len, held)) == len(np.unique(UNITS))


@pytest.mark.parametrize("budget", BUDGETS, ids=str)
def test_batches_of_units_are_a_function_of_seed_and_epoch(budget: dict[str, int]) -> None:
    def epoch(seed: int, number: int) -> list[list[int]]:
        found = batches(LENGTHS, seed=seed, epoch=number, units=UNITS, **budget)
        return [rows.tolist() for rows in found]

    assert epoch(1, 0) == epoch(1, 0)
    assert epoch(1, 0) != epoch(1, 1)
    assert epoch(1, 0) != epoch(2, 0)


def test_units_of_like_length_go_together() -> None:
    lengths = np.repeat(np.random.default_rng(2).integers(1, 60, 2000), 4)
    units = np.repeat(np.arange(2000), 4)
    found = batches(lengths, size=32, seed=1, epoch=0, units=units)
    assert sum(int(lengths[rows].max()) * len(rows) for rows in found) < 1.1 * lengths.sum()


@given(
    st.lists(st.tuples(st.integers(1, 30), st.integers(-3, 8)), max_size=200),
    st.booleans(),
    st.integers(1, 90),
    st.booleans(),
)
def test_a_batch_of_units_keeps_its_budget(
    rows: list[tuple[int, int]], by_size: bool, budget: int, shuffle: bool
) -> None:
    lengths, units = (np.array([row[i] for row in rows], np.int64) for i in (0, 1))
    wanted = {"size" if by_size else "tokens": budget}
    found = batches(lengths, seed=0, epoch=0, shuffle=shuffle, units=units, **wanted)  # type: ignore[arg-type]
    assert sorted(row for batch in found for row in batch.tolist()) == list(range(len(rows)))
    for batch in found:
        used = len(batch) if by_size else len(batch) * int(lengths[batch].max())
        assert used <= budget or len(set(units[batch].tolist())) == 1  # a unit over the budget is alone


def test_a_unit_over_the_budget_is_a_batch_by_itself() -> None:
    units = np.array([0, 0, 0, 0, 0, 1, 2])
    found = batches(np.ones(7, np.int32), size=3, seed=0, epoch=0, units=units, shuffle=False)
    assert [batch.tolist() for batch in found] == [[0, 1, 2, 3, 4], [5, 6]]
