"""Distances of numbers: of probabilities, of numbers of one scale, of other scores."""

from __future__ import annotations

import numpy as np
import pytest

from mtl.data.targets import Answer, Number, OneLabel
from mtl.export.distances import TOLERANCE, apart, distance

PROBABILITY, VALUE = Answer("scores", "scores", dims=("C",), probability=True), Answer("value", "value")


def array(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def test_scores_above_one_are_measured_by_their_size() -> None:
    assert apart(array(0.5, 200.0), array(0.25, 201.0)) == 0.25
    assert apart(array(200.0), array(201.0)) == pytest.approx(0.005)
    assert apart(array(), array()) == 0.0
    assert apart(array(1.0), array(1.0, 2.0)) == np.inf
    assert np.isnan(apart(array(1.0), array(np.nan)))


@pytest.mark.parametrize(
    ("wanted", "given", "equal"),
    [
        ((0.9, 0.1), (0.90005, 0.09995), True),
        ((0.9, 0.1), (0.9002, 0.0998), False),
        ((1e-5, 2e-6), (1.1e-5, 2e-6), False),  # where all are small: a tenth more is another answer
        ((0.9, 2e-6), (0.9, 4e-6), True),
        ((1e-5,), (1.00002e-5,), True),
        ((1e-3,), (1e-3 + 1e-7,), True),  # what another lacks to 1
    ],
)
def test_probabilities_are_measured_by_the_largest(
    wanted: tuple[float, ...], given: tuple[float, ...], equal: bool
) -> None:
    assert (distance(OneLabel(), PROBABILITY, array(*wanted), array(*given)) <= TOLERANCE) == equal


@pytest.mark.parametrize(
    ("mean", "deviation", "given", "equal"),
    [
        (0.0, 1e-6, 1e-9, False),  # a thousandth of a deviation
        (0.0, 1e-6, 1e-11, True),
        (1e6, 1.0, 1e6 + 1, False),
        (1e6, 1.0, 1e6 + 0.125, True),  # two steps of single precision
    ],
)
def test_numbers_are_measured_by_how_far_apart_those_of_training_are(
    mean: float, deviation: float, given: float, equal: bool
) -> None:
    target = Number()
    target.mean, target.deviation = mean, deviation
    assert (distance(target, VALUE, np.float32(mean)[None], np.float32(given)[None]) <= TOLERANCE) == equal
