"""Student's t by known values, and what given differences show."""

from __future__ import annotations

import math

import pytest

from mtl.runs.comparing.verdicts import t_quantile, verdict

# NIST/SEMATECH e-Handbook of Statistical Methods, section 1.3.6.7.2
KNOWN = {
    0.9: {1: 3.078, 2: 1.886, 3: 1.638, 10: 1.372, 100: 1.290},
    0.975: {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 9: 2.262, 10: 2.228, 30: 2.042, 99: 1.984},
    0.995: {1: 63.657, 2: 9.925, 4: 4.604, 7: 3.499, 20: 2.845},
}


@pytest.mark.parametrize("probability", KNOWN)
def test_quantiles_are_those_of_tables(probability: float) -> None:
    found = {freedom: round(t_quantile(probability, freedom), 3) for freedom in KNOWN[probability]}
    assert found == KNOWN[probability]


def test_quantiles_where_they_have_a_simple_form() -> None:
    assert t_quantile(0.975, 1) == pytest.approx(math.tan(0.475 * math.pi), rel=1e-12)
    p = 0.975
    assert t_quantile(p, 2) == pytest.approx((2 * p - 1) * math.sqrt(2 / (4 * p * (1 - p))), rel=1e-12)
    assert t_quantile(0.975, 100_001) == pytest.approx(1.959964, abs=1e-4)  # the normal distribution's
    assert t_quantile(0.5, 3) == pytest.approx(0, abs=1e-12)


def test_an_interval_is_the_mean_and_a_multiple_of_the_standard_error() -> None:
    found = verdict([0.01, 0.02, 0.03], higher_is_better=True)
    half = 4.302652729749 * 0.01 / math.sqrt(3)
    assert (found.mean, found.low, found.high) == pytest.approx((0.02, 0.02 - half, 0.02 + half))
    assert found.verdict == "undecided"


@pytest.mark.parametrize(
    ("differences", "higher", "said"),
    [
        ([0.02, 0.021, 0.022], True, "better"),
        ([0.02, 0.021, 0.022], False, "worse"),
        ([-0.02, -0.021, -0.022], True, "worse"),
        ([-0.02, -0.021, -0.022], False, "better"),
        ([0.02, 0.021], True, "better"),
        ([0.01, 0.05], True, "undecided"),  # both better, and yet two seeds show little
        ([0.5, 0.5, 0.5], True, "better"),
        ([0.0, 0.0, 0.0], True, "equal"),
        ([0.3 - 0.1 - 0.2, 0.3 - 0.1 - 0.2], True, "equal"),  # -2.8e-17: equal but for rounding
        ([0.0, 0.0], None, "equal"),
        ([0.0], True, "equal: one seed"),
        ([0.01, -0.01], True, "undecided"),  # alike on average alone
        ([0.02], True, "undecided: one seed"),
        ([0.02, math.nan], True, "undecided: not a number"),
        ([0.02, 0.021], None, "undecided: no metric says whether more is better"),
    ],
)
def test_verdicts(differences: list[float], higher: bool | None, said: str) -> None:
    assert verdict(differences, higher_is_better=higher).verdict == said


def test_one_seed_has_a_difference_and_no_interval() -> None:
    found = verdict([0.25], higher_is_better=True)
    assert (found.mean, found.low, found.high) == (0.25, None, None)


def test_equal_figures_have_an_interval_where_there_are_several_seeds() -> None:
    for differences, ends in (([0.0], None), ([0.0, 0.0], 0.0)):
        found = verdict(differences, higher_is_better=None)
        assert (found.mean, found.low, found.high) == (0.0, ends, ends)
