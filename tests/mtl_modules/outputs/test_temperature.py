"""The temperature at which the log loss is lowest: where it is known in closed form, at the bounds, and on a grid."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from mtl_modules.outputs.temperature import HIGHEST, LOWEST, best_temperature, calibration


@pytest.mark.parametrize(("apart", "right"), [(2.0, 6), (0.5, 9), (8.0, 7)])
def test_it_makes_the_probability_of_answers_the_share_of_right_ones(apart: float, right: int) -> None:
    scores = torch.tensor([[apart, 0.0]] * 10, dtype=torch.float64)
    wanted = torch.tensor([0] * right + [1] * (10 - right))
    found = best_temperature(lambda scaled: F.cross_entropy(scaled, wanted), scores)
    assert found == pytest.approx(apart / math.log(right / (10 - right)), rel=1e-5)
    assert float((scores / found).softmax(-1)[0, 0]) == pytest.approx(right / 10, abs=1e-6)


def test_answers_that_are_all_right_or_as_good_as_drawn_stay_within_bounds() -> None:
    scores = torch.tensor([[1.0, 0.0], [3.0, 0.0]], dtype=torch.float64)
    for wanted, bound in ((torch.tensor([0, 0]), LOWEST), (torch.tensor([1, 1]), HIGHEST)):
        found = best_temperature(lambda scaled, wanted=wanted: F.cross_entropy(scaled, wanted), scores)  # type: ignore[misc]
        assert found == pytest.approx(bound, rel=1e-5)


def test_no_temperature_of_a_grid_is_better() -> None:
    generator = torch.Generator().manual_seed(0)
    scores = 4 * torch.randn(200, 5, generator=generator, dtype=torch.float64)
    noisy = scores + 6 * torch.randn(200, 5, generator=generator, dtype=torch.float64)
    wanted = noisy.argmax(-1)
    found = best_temperature(lambda scaled: F.cross_entropy(scaled, wanted), scores)
    grid = min(range(50, 500), key=lambda t: float(F.cross_entropy(scores / (t / 100), wanted)))
    assert found == pytest.approx(grid / 100, abs=0.01)


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        (0, "temperature 1, not fitted: on dev the lower the better, down to 0.01"),
        (1, "temperature 1, not fitted: on dev the higher the better, up to 100"),
    ],
)
def test_at_a_bound_it_stays_1(wanted: int, sentence: str) -> None:
    scores = torch.tensor([[1.0, 0.0], [3.0, 0.0], [900.0, 0.0]], dtype=torch.float64)
    found = calibration(lambda scaled: F.cross_entropy(scaled, torch.full((3,), wanted)), scores)
    assert found == (1.0, sentence)
