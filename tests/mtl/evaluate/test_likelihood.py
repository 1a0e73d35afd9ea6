"""Perplexity and bits per character, against sums that are written out."""

from __future__ import annotations

import math

import pytest

from mtl.evaluate.metrics import BitsPerCharacter, Perplexity

GOLD = [[4, 1], None, [3]]  # characters of tokens
PREDICTED = [[math.log(0.5), math.log(0.25), math.log(0.1)], [math.log(0.9)], [math.log(0.2), math.log(0.4)]]
BITS = -math.log2(0.5 * 0.25 * 0.1 * 0.2 * 0.4)


def test_perplexity_is_per_predicted_unit_ends_among_them() -> None:
    assert Perplexity().compute(GOLD, PREDICTED)["perplexity"] == pytest.approx(2 ** (BITS / 5))


def test_bits_per_character_count_the_end_of_each_text_as_one() -> None:
    found = BitsPerCharacter().fitted({}).compute(GOLD, PREDICTED)
    assert found["bits_per_character"] == pytest.approx(BITS / (4 + 1 + 1 + 3 + 1))


def test_where_no_ends_are_predicted_none_counts() -> None:
    found = BitsPerCharacter().fitted({"ends": False}).compute(GOLD, PREDICTED)
    assert found["bits_per_character"] == pytest.approx(BITS / (4 + 1 + 3))


def test_the_blank_after_each_token_counts_where_it_is_predicted() -> None:
    found = BitsPerCharacter().fitted({"blanks": True}).compute(GOLD, PREDICTED)
    assert found["bits_per_character"] == pytest.approx(BITS / (4 + 1 + 2 + 1 + 3 + 1 + 1))


def test_of_longer_tokens_those_characters_count_that_are_predicted() -> None:
    found = BitsPerCharacter().fitted({"blanks": True, "longest": 3}).compute(GOLD, PREDICTED)
    assert found["bits_per_character"] == pytest.approx(BITS / (3 + 1 + 2 + 1 + 3 + 1 + 1))


def test_what_is_impossible_is_infinite() -> None:
    assert Perplexity().compute([[1]], [[-math.inf]]) == {"perplexity": math.inf}
    assert Perplexity().compute([[1]], [[-1e6]]) == {"perplexity": math.inf}


def test_no_text_is_no_error() -> None:
    assert Perplexity().compute([None], [[-1.0]]) == {"perplexity": 1.0}
    assert BitsPerCharacter().compute([None], [[-1.0]]) == {"bits_per_character": 0.0}
