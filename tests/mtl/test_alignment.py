from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtl.text.alignment import Span, align_tags, split_tags, tags_of_spans, token_tags, white_space, word_spans
from mtl.text.featurizer import TOKENIZERS, tokenize

TEXT = "at 7:30 o'clock"
WORDS: list[Span] = [(0, 2), (3, 7), (8, 15)]
PIECES: list[Span] = [(0, 2), (3, 4), (4, 5), (5, 7), (8, 9), (9, 10), (10, 15)]

SPLIT: dict[str, tuple[list[str], str, list[str]]] = {
    "bio": (["O", "B-time", "I-time"], "auto", ["O", "B-time", *["I-time"] * 5]),
    "bioes": (["S-x", "B-y", "E-y"], "auto", ["S-x", "B-y", "I-y", "I-y", "I-y", "I-y", "E-y"]),
    "single": (["O", "S-x", "O"], "bioes", ["O", "B-x", "I-x", "E-x", "O", "O", "O"]),
    "inside": (["B-x", "I-x", "E-x"], "bioes", ["B-x", "I-x", "I-x", "I-x", "I-x", "I-x", "E-x"]),
    "plain": (["ADP", "NUM", "B-x"], "plain", ["ADP", "NUM", "NUM", "NUM", "B-x", "B-x", "B-x"]),
    "bare letters": (["O", "B", "I"], "bio", ["O", "B", "I", "I", "I", "I", "I"]),
    "bare letters by themselves": (["O", "B", "I"], "auto", ["O", "B", "B", "B", "I", "I", "I"]),
    "dash in a type": (["O", "B-a-b", "O"], "auto", ["O", "B-a-b", "I-a-b", "I-a-b", "O", "O", "O"]),
}


@pytest.mark.parametrize("case", SPLIT)
def test_pieces_inherit_the_tag_of_their_word(case: str) -> None:
    tags, scheme, expected = SPLIT[case]
    assert align_tags(tags, WORDS, PIECES, scheme) == expected  # type: ignore[arg-type]


def test_tokens_that_are_the_words_keep_their_tags() -> None:
    assert align_tags(["O", "B-x", "whatever"], WORDS, WORDS) == ["O", "B-x", "whatever"]


MERGED: dict[str, tuple[list[str], list[str]]] = {
    "inside one span": (["B-x", "I-x"], ["B-x"]),
    "to the end of a span": (["B-x", "E-x"], ["S-x"]),
    "the end of a longer span": (["I-x", "E-x"], ["E-x"]),
    "outside": (["O", "O"], ["O"]),
    "plain": (["NUM", "NUM"], ["NUM"]),
}


@pytest.mark.parametrize("case", MERGED)
def test_a_token_over_words_that_agree(case: str) -> None:
    tags, expected = MERGED[case]
    assert align_tags(tags, [(0, 2), (3, 5)], [(0, 5)]) == expected


@pytest.mark.parametrize("tags", [["O", "B-x"], ["B-x", "B-x"], ["B-x", "I-y"], ["NUM", "ADP"], ["B-x", "O"]])
def test_a_token_over_words_that_disagree(tags: list[str]) -> None:
    with pytest.raises(ValueError) as caught:
        align_tags(tags, [(0, 2), (3, 5)], [(0, 5)])
    assert str(caught.value) == f"a token should bear one tag. Found {tags[0]}, {tags[1]} for the token at 0–5."


def test_a_token_over_no_word_is_outside() -> None:
    assert align_tags(["B-x", "I-x"], [(0, 2), (3, 5)], [(0, 2), (2, 3), (3, 5), (6, 7)]) == ["B-x", "O", "I-x", "O"]


COUNTS = {
    "O": "should be 3 tags, one a token. Found 1.",
    "O O O O": "should be 3 tags, one a token. Found 4.",
}


@pytest.mark.parametrize("tags", COUNTS)
def test_another_number_of_tags_than_words(tags: str) -> None:
    for value in (tags, tags.split()):
        with pytest.raises(ValueError) as caught:
            token_tags(value, WORDS, TEXT)
        assert str(caught.value) == COUNTS[tags]
    with pytest.raises(ValueError) as caught:
        token_tags("O O", [(0, 1)], "a")
    assert str(caught.value) == "should be 1 tag, one a token. Found 2."


def test_values_of_a_target_column() -> None:
    expected = ["O", "B-t", "I-t", "I-t", "O", "O", "O"]
    assert token_tags("O  B-t\tO ", PIECES, TEXT) == expected
    assert token_tags(["O", "B-t", "O"], PIECES, TEXT) == expected
    assert token_tags([{"start": 3, "end": 7, "label": "t"}], PIECES, TEXT) == expected
    assert token_tags([], PIECES, TEXT) == ["O"] * 7  # no span is labelled
    assert token_tags(None, PIECES, TEXT) is None
    assert token_tags(" ", PIECES, TEXT) is None


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (3, "int"),
        ([1, 2], "1, item 1 of it"),
        (["O", {"start": 0}], "{'start': 0}, item 2 of it"),
        (["O", None, "O"], "None, item 2 of it"),
        ([["O"]], "['O'], item 1 of it"),
        ([{"start": 0}, "O"], "'O', item 2 of it"),
    ],
)
def test_a_value_that_is_no_tags(value: Any, found: str) -> None:
    with pytest.raises(ValueError) as caught:
        token_tags(value, PIECES, TEXT)
    assert str(caught.value) == f"should be a list of tags or of spans. Found {found}."


def test_an_empty_tag() -> None:
    with pytest.raises(ValueError) as caught:
        token_tags(["O", "", "O"], PIECES, TEXT)
    assert str(caught.value) == "a tag should have at least one character. Found ''."


def test_spans_become_bio_tags() -> None:
    tags = tags_of_spans(
        [{"start": 8, "end": 15, "label": "unit"}, {"start": 3, "end": 6, "label": "time"}], PIECES, TEXT
    )
    assert tags == ["O", "B-time", "I-time", "I-time", "B-unit", "I-unit", "I-unit"]


BAD_SPANS: dict[str, list[dict[str, Any]]] = {
    "a span should have a start and an end (numbers) and a label. Found {'start': 0, 'end': 2}.": [
        {"start": 0, "end": 2}
    ],
    "a span should have a start and an end (numbers) and a label. Found {'start': '0', 'end': 2, 'label': 'x'}.": [
        {"start": "0", "end": 2, "label": "x"}
    ],
    "a span should lie within 0–15. Found 3–16 (x).": [{"start": 3, "end": 16, "label": "x"}],
    "a span should lie within 0–15. Found 3–3 (x).": [{"start": 3, "end": 3, "label": "x"}],
    "a span should hold a token. Found none in 2–3 (x).": [{"start": 2, "end": 3, "label": "x"}],
    "spans should not share a token. Found '30' in x and y.": [
        {"start": 3, "end": 6, "label": "x"},
        {"start": 6, "end": 15, "label": "y"},
    ],
}


@pytest.mark.parametrize("message", BAD_SPANS)
def test_spans_that_cannot_be(message: str) -> None:
    with pytest.raises(ValueError) as caught:
        tags_of_spans(BAD_SPANS[message], PIECES, TEXT)
    assert str(caught.value) == message


def test_white_space_is_what_the_featurizer_says() -> None:
    text = "a\u00a0b\u3000c\x1cd\u200be\x85f"
    assert [text[slice(*span)] for span in word_spans(text)] == tokenize([text], "whitespace").strings()[0]
    assert split_tags("O\u00a0B-x") == ["O", "B-x"]
    assert white_space("a\u00a0b") == "\u00a0"
    assert white_space("a\x1cb") is None


@given(st.text(), st.sampled_from(TOKENIZERS))
def test_every_token_of_every_text_gets_a_tag(text: str, tokenizer: str) -> None:
    tokens = [] if not text or not word_spans(text) else [(a, b) for a, b in tokenize([text], tokenizer).spans()]
    words = word_spans(text)
    tags = align_tags([f"B-{i}" for i in range(len(words))], words, tokens)
    assert len(tags) == len(tokens)
    assert [tag for tag in tags if tag.startswith("B-")] == [f"B-{i}" for i in range(len(words))]
