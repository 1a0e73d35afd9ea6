"""Groups of rows divided: large ones, rare labels, a dev that comes later."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from mtl.sources.dividing import ORDER, Divided, divide, is_far

TENTH = Fraction(1, 10)
BOTH = {"dev": TENTH, "test": TENTH}


def divided(
    sizes: list[int], shares: dict[str, Fraction], seed: int = 1, strata: list[int] | None = None
) -> tuple[dict[str, list[int]], Divided]:
    """Return the groups of each split, and the division."""
    of_group = np.array(strata or [0] * len(sizes), np.int64)
    found = divide(np.arange(len(sizes)), np.array(sizes, np.int64), of_group, shares, seed)
    return {split: np.flatnonzero(found.sides == n).tolist() for n, split in enumerate(ORDER)}, found


@pytest.mark.parametrize("seed", range(20))
def test_the_largest_group_stays_in_train_and_the_others_are_for_all_splits(seed: int) -> None:
    groups, found = divided([900] + [1] * 100, BOTH, seed)
    assert groups["train"] == [0]
    assert found.found == {"test": 50, "dev": 50}
    assert found.wanted == {"test": 100, "dev": 100}
    groups, found = divided([90, 10], {"dev": TENTH}, seed)
    assert groups == {"train": [0], "test": [], "dev": [1]}
    groups, found = divided([10, 20, 1, 90], BOTH, seed)
    assert all(groups.values())
    assert 3 in groups["train"]


@pytest.mark.parametrize("seed", range(200))
def test_every_split_has_rows_and_train_the_most_of_what_is_left(seed: int) -> None:
    random = np.random.default_rng(seed)
    sizes = random.zipf(1.5, random.integers(3, 60)).clip(max=500).tolist()
    labels = random.integers(0, random.integers(1, 10), len(sizes)).tolist()
    groups, found = divided(sizes, BOTH, seed, labels)
    assert all(groups.values())
    assert int(np.argmax(sizes)) in groups["train"] or max(sizes) in [sizes[i] for i in groups["train"]]
    for split in BOTH:
        rows = [sizes[i] for i in groups[split]]
        assert found.found[split] == sum(rows)
        assert sum(rows) <= 2 * found.wanted[split] or len(rows) == 1  # one group that is too large: the smallest left


@pytest.mark.parametrize("seed", range(20))
def test_labels_that_are_nearly_all_different_are_left_aside_where_they_must_be(seed: int) -> None:
    labels = list(range(90)) + list(range(10))
    shares = {"dev": Fraction(1, 50), "test": TENTH}
    groups, found = divided([1] * 100, shares, seed, labels)
    assert {split: len(rows) for split, rows in groups.items()} == {"train": 88, "test": 10, "dev": 2}
    assert found.unstratified == ("dev",)
    groups, found = divided([1] * 100, BOTH, seed, list(range(100)))
    assert (len(groups["dev"]), len(groups["test"]), found.unstratified) == (10, 10, ("test", "dev"))


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("labels", [1, 5, 50, 90, 92, 96, 100])
def test_a_dev_that_comes_later_leaves_test_as_it_was(seed: int, labels: int) -> None:
    strata = [i % labels for i in range(100)]
    both, _ = divided([1] * 100, BOTH, seed, strata)
    lone, _ = divided([1] * 100, {"test": TENTH}, seed, strata)
    assert both["test"] == lone["test"]
    assert both["dev"]
    if labels < 80:
        assert {strata[i] for i in both["train"]} == set(range(labels))


def test_shares_that_do_not_fit_shrink_alike() -> None:
    groups, found = divided([1] * 3, {"dev": Fraction(9, 10), "test": Fraction(1, 100)})
    assert {split: len(rows) for split, rows in groups.items()} == {"train": 1, "test": 1, "dev": 1}
    assert found.wanted == {"test": 1, "dev": 3}
    assert [is_far(rows, 10) for rows in (4, 5, 20, 21)] == [True, False, False, True]
