"""Figures of masked words, against sums that are written out."""

from __future__ import annotations

import math

import pytest

from mtl.evaluate.metrics import MaskedAccuracy, MaskedPerplexity

GOLD = [[(0.0, True)] * 3, None, [(0.0, True)]]
PREDICTED = [[(math.log(0.5), True), (math.log(0.1), False)], [(math.log(0.9), True)], [(math.log(0.2), False)]]


def test_perplexity_is_per_masked_token_of_texts_that_have_one() -> None:
    found = MaskedPerplexity().compute(GOLD, PREDICTED)
    assert found == {"perplexity": pytest.approx((0.5 * 0.1 * 0.2) ** (-1 / 3))}


def test_accuracy_is_the_share_of_masked_tokens_that_are_right() -> None:
    assert MaskedAccuracy().compute(GOLD, PREDICTED) == {"accuracy": pytest.approx(1 / 3)}


def test_gold_is_perfect_and_what_is_impossible_is_infinite() -> None:
    assert MaskedPerplexity().compute(GOLD, GOLD) == {"perplexity": 1.0}
    assert MaskedAccuracy().compute(GOLD, GOLD) == {"accuracy": 1.0}
    assert MaskedPerplexity().compute([[(0.0, True)]], [[(-math.inf, False)]]) == {"perplexity": math.inf}
