"""Slips in words: how often, of which kinds, and what they leave as it is."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from mtl.text.character_noise import EDITS, CharacterNoise, Edit, noisy

WORDS = ["play", "hey", "jude", "!", "a", "42", "é́t"] * 300


def slips(edits: tuple[Edit, ...], rate: float = 1.0) -> list[tuple[str, str]]:
    return list(zip(WORDS, noisy(WORDS, CharacterNoise(rate, edits), np.random.default_rng(3)), strict=True))


def test_the_rate_is_that_of_words_of_two_characters_or_more() -> None:
    changed = Counter(word for word, new in slips(("delete",), 0.3) if word != new)
    assert set(changed) == {"play", "hey", "jude", "42", "é́t"}
    assert all(0.22 < count / 300 < 0.38 for count in changed.values())


@pytest.mark.parametrize("edit", EDITS)
def test_what_a_slip_does_to_a_word(edit: Edit) -> None:
    letters = {letter for word in WORDS for letter in word if letter.isalpha()}
    for word, new in slips((edit,)):
        if len(word) == 1:
            assert new == word
        elif edit == "swap":
            assert sorted(new) == sorted(word)
            assert sum(one != other for one, other in zip(word, new, strict=True)) in (0, 2)
        elif edit == "delete":
            assert any(new == word[:i] + word[i + 1 :] for i in range(len(word)))
        elif edit == "insert":
            assert any(word == new[:i] + new[i + 1 :] and new[i] in letters for i in range(len(new)))
        else:
            assert len(new) == len(word)
            assert all(one == other or other in letters for one, other in zip(word, new, strict=True))
            assert sum(one != other for one, other in zip(word, new, strict=True)) < 2


def test_every_kind_of_slip_occurs_and_no_word_becomes_empty() -> None:
    found = [(word, new) for word, new in slips(EDITS) if word != new]
    assert {len(new) - len(word) for word, new in found} == {-1, 0, 1}
    assert all(new for _, new in found)


def test_slips_are_a_pure_function_of_the_generator() -> None:
    assert slips(EDITS) == slips(EDITS)
    noise = CharacterNoise(0.5)
    assert noisy(WORDS, noise, np.random.default_rng(1)) != noisy(WORDS, noise, np.random.default_rng(2))


def test_without_a_letter_none_is_added() -> None:
    assert noisy(["42", "7:30"], CharacterNoise(1.0, ("insert", "replace")), np.random.default_rng(0)) == ["42", "7:30"]
    assert noisy([], CharacterNoise(1.0), np.random.default_rng(0)) == []
