from __future__ import annotations

import pytest

from mtl.text.featurizer import tokenize
from mtl.text.white_space import stripped, tidy, tidy_tag, word_spans, words_of


def test_white_space_is_what_the_featurizer_says() -> None:
    text = "a\u00a0b\u3000c\x1cd\u200be\x85f"
    words = tokenize([text], "whitespace").strings()[0]
    assert [text[slice(*span)] for span in word_spans(text)] == words_of(text) == words
    assert stripped("\u00a0a b\u3000") == "a b"
    assert stripped("\x1ca\x1c") == "\x1ca\x1c"
    assert tidy(" a\t\u3000b\x1c ") == "a b\x1c"


@pytest.mark.parametrize(
    ("tag", "tidied"),
    [
        ("B-per\u00a0", "B-per"),
        ("B- per", "B-per"),
        ("B -per", "B-per"),
        ("U\u3000-\t per  x ", "U-per x"),
        ("B-", "B-"),
        ("B - ", "B -"),
        ("A - b", "A - b"),
        ("NN - S", "NN - S"),
        ("a  b", "a b"),
        (" ", ""),
    ],
)
def test_white_space_makes_no_other_tag(tag: str, tidied: str) -> None:
    assert tidy_tag(tag) == tidied
