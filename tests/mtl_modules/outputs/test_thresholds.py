"""Thresholds that are found on dev: by hand, and against every threshold that there is."""

from __future__ import annotations

import pytest
import torch

from mtl_modules.outputs.thresholds import best_f1, best_rejection


def f1(scores: torch.Tensor, wanted: torch.Tensor, threshold: float) -> float:
    chosen = scores >= threshold
    hits = int((chosen & wanted).sum())
    return 2 * hits / max(int(chosen.sum()) + int(wanted.sum()), 1)


def accuracy(scores: torch.Tensor, right: torch.Tensor, outside: torch.Tensor, threshold: float) -> float:
    rejected = scores < threshold
    return float(torch.where(rejected, outside, right).float().mean())


def test_a_threshold_lies_in_the_middle_of_what_it_parts() -> None:
    found = best_f1(torch.tensor([0.9, 0.3, 0.1]), torch.tensor([True, True, False]))
    assert found.value == pytest.approx(0.2)
    assert found.figure == 1.0


def test_of_equally_good_thresholds_the_nearest_to_a_half_is_taken() -> None:
    found = best_f1(torch.tensor([0.9, 0.7, 0.65]), torch.tensor([True, False, False]))
    assert found.value == pytest.approx(0.8)
    low = best_f1(torch.tensor([0.3, 0.2]), torch.tensor([False, True]))  # 0 and all: 2/3
    assert (low.value, low.figure) == (0.0, pytest.approx(2 / 3))


def test_rejection_is_as_low_as_it_may_be() -> None:
    scores = torch.tensor([0.4, 0.5, 0.8])
    right, outside = torch.tensor([True, False, True]), torch.tensor([False, True, False])
    # Under 0.65 the second is rejected and the first with it: no better than rejecting nothing.
    assert best_rejection(scores, right, outside) == (0.0, pytest.approx(2 / 3))
    found = best_rejection(scores, torch.tensor([False, False, True]), outside)
    assert found == (pytest.approx(0.65), pytest.approx(2 / 3))


def test_everything_may_be_rejected() -> None:
    found = best_rejection(torch.tensor([0.7, 1.0]), torch.tensor([False, False]), torch.tensor([True, True]))
    assert found.value > 1.0
    assert found.figure == 1.0


@pytest.mark.parametrize("seed", range(30))
def test_no_threshold_is_better(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    scores = torch.rand(12, generator=generator)
    if seed % 2:
        scores = (scores * 5).round() / 5  # with ties
    wanted = torch.rand(12, generator=generator) < 0.4
    right = ~wanted & (torch.rand(12, generator=generator) < 0.7)
    every = [0.0, *(float(s) for s in scores), 1.1]
    tuned = best_f1(scores, wanted)
    assert tuned.figure == pytest.approx(max(f1(scores, wanted, t) for t in every))
    assert f1(scores, wanted, tuned.value) == pytest.approx(tuned.figure)
    rejecting = best_rejection(scores, right, wanted)
    assert rejecting.figure == pytest.approx(max(accuracy(scores, right, wanted, t) for t in every))
    assert accuracy(scores, right, wanted, rejecting.value) == pytest.approx(rejecting.figure)


def test_neighbouring_floats_are_parted() -> None:
    low = torch.tensor(0.5)
    high = torch.nextafter(low, torch.tensor(1.0))
    found = best_f1(torch.stack([low, high]), torch.tensor([False, True]))
    assert found.figure == 1.0
    assert float(low) < found.value <= float(high)
