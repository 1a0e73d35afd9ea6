"""Kinds of characters are what the package makes of each of them by itself."""

from __future__ import annotations

import random

import pytest

from benchmarks.subword_files import VARIANTS
from mtl.text.subwords.characters import (
    ALONE,
    MARK,
    REMOVED,
    SPACE,
    WORD,
    asked,
    class_of,
    kinds_of,
    normal_forms,
    word_spans,
)

KINDS = {1: WORD, 2: SPACE, 3: ALONE}


def test_every_code_point_is_asked_about_or_like_one_that_is() -> None:
    characters, places = asked()
    assert len(places) == 0x110000
    assert all(characters[places[code]] == chr(code) for code in (0, 0x41, 0xD7FF, 0xE000, 0x1F600, 0x3FFFF, 0xE0001))
    assert [ord(characters[places[code]]) for code in (0xD800, 0x55555, 0xF1234, 0x10FFFD, 0x10FFFF)] == [
        *(0xE000, 0x40000, 0xF0000, 0xF0000, 0x40000)
    ]


@pytest.mark.parametrize("name", ["uncased", "cased", "as it is", "plain"])
def test_kinds_are_those_of_characters_by_themselves(name: str) -> None:
    _, normalizer, pre_tokenizer = VARIANTS[name]
    if name == "plain":
        pre_tokenizer = VARIANTS["uncased"].pre_tokenizer  # what is before the marks
    forms = normal_forms(normalizer)
    kinds = kinds_of(forms, pre_tokenizer, "▁" if name == "plain" else "")
    chance = random.Random(2)
    codes = [*range(0x400), *range(0x2000, 0x2100), *chance.sample([*range(0xD800), *range(0xE000, 0x110000)], 3000)]
    for code in codes:
        form = chr(code) if normalizer is None else normalizer.normalize_str(chr(code))
        words = [word for word, _ in pre_tokenizer.pre_tokenize_str(f"0{form}0")]
        assert kinds[code] == (REMOVED if not form else KINDS[len(words)]), hex(code)
    assert (kinds[ord("▁")] == MARK) == (name == "plain")


def test_words_in_a_text() -> None:
    kinds = kinds_of(normal_forms(VARIANTS["uncased"].normalizer), VARIANTS["uncased"].pre_tokenizer, "")
    assert word_spans("", kinds) == []
    assert word_spans(" \u0301Je\u0301 t'aime", kinds) == [(2, 5), (6, 7), (7, 8), (8, 12)]
    marked = kinds_of(normal_forms(None), None, "▁ ")
    # A mark that begins a word is no part of it, and a word by itself elsewhere.
    assert word_spans("  a▁b ", marked) == [(0, 1), (2, 3), (4, 5), (5, 6)]


def test_classes_are_ranges() -> None:
    kinds = kinds_of(normal_forms(None), VARIANTS["as it is"].pre_tokenizer, "")
    assert class_of(kinds, [REMOVED]) == ""
    assert class_of(kinds, [SPACE]).startswith(r"\x{9}-\x{D}\x{20}-\x{20}\x{85}-\x{85}")
