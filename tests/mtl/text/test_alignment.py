from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtl.text.alignment import align_tags, token_tags
from mtl.text.featurizer import TOKENIZERS, tokenize
from mtl.text.span_tags import Span, tags_of_spans, uneven_spans
from mtl.text.tag_rule import TagRule
from mtl.text.white_space import word_spans

TEXT = "at 7:30 o'clock"
WORDS: list[Span] = [(0, 2), (3, 7), (8, 15)]
PIECES: list[Span] = [(0, 2), (3, 4), (4, 5), (5, 7), (8, 9), (9, 10), (10, 15)]

SPLIT: dict[str, tuple[list[str | None], str, list[str | None]]] = {
    "bio": (["O", "B-time", "I-time"], "auto", ["O", "B-time", *["I-time"] * 5]),
    "bioes": (["S-x", "B-y", "E-y"], "auto", ["S-x", "B-y", "I-y", "I-y", "I-y", "I-y", "E-y"]),
    "single": (["O", "S-x", "O"], "bioes", ["O", "B-x", "I-x", "E-x", "O", "O", "O"]),
    "inside": (["B-x", "I-x", "E-x"], "bioes", ["B-x", "I-x", "I-x", "I-x", "I-x", "I-x", "E-x"]),
    "bilou": (["U-x", "B-y", "L-y"], "bilou", ["U-x", "B-y", "I-y", "I-y", "I-y", "I-y", "L-y"]),
    "a single of bilou": (["O", "U-x", "O"], "bilou", ["O", "B-x", "I-x", "L-x", "O", "O", "O"]),
    "iob1": (["O", "I-x", "B-x"], "iob1", ["O", "I-x", "I-x", "I-x", "B-x", "I-x", "I-x"]),
    "a class like an end tag": (["O", "E-mail", "O"], "bio", ["O", "E-mail", "E-mail", "E-mail", "O", "O", "O"]),
    "without a label": (["O", None, "B-x"], "bio", ["O", None, None, None, "B-x", "I-x", "I-x"]),
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


MERGED: dict[str, tuple[list[str | None], list[str | None]]] = {
    "bilou": (["B-x", "L-x"], ["U-x"]),
    "the last of a longer span": (["I-x", "L-x"], ["L-x"]),
    "one without a label": (["B-x", None], [None]),
    "inside one span": (["B-x", "I-x"], ["B-x"]),
    "to the end of a span": (["B-x", "E-x"], ["S-x"]),
    "the end of a longer span": (["I-x", "E-x"], ["E-x"]),
    "outside": (["O", "O"], ["O"]),
    "plain": (["NUM", "NUM"], ["NUM"]),
}


@pytest.mark.parametrize("case", MERGED)
def test_a_token_over_words_that_agree(case: str) -> None:
    tags, expected = MERGED[case]
    assert align_tags(tags, [(0, 2), (3, 5)], [(0, 5)], "bilou" if "L-x" in tags else "auto") == expected


@pytest.mark.parametrize("tags", [["O", "B-x"], ["B-x", "B-x"], ["B-x", "I-y"], ["NUM", "ADP"], ["B-x", "O"]])
def test_a_token_over_words_that_disagree(tags: list[str]) -> None:
    with pytest.raises(ValueError) as caught:
        align_tags(tags, [(0, 2), (3, 5)], [(0, 5)])
    assert str(caught.value) == f"a token should have one tag. Found {tags[0]}, {tags[1]} for the token at 0–5."


def test_a_token_over_no_word_is_outside() -> None:
    assert align_tags(["B-x", "I-x"], [(0, 2), (3, 5)], [(0, 2), (2, 3), (3, 5), (6, 7)]) == ["B-x", "O", "I-x", "O"]


COUNTS = {
    "O": "should be 3 tags, one per token. Found 1.",
    "O O O O": "should be 3 tags, one per token. Found 4.",
}


@pytest.mark.parametrize("tags", COUNTS)
def test_another_number_of_tags_than_words(tags: str) -> None:
    for value in (tags, tags.split()):
        with pytest.raises(ValueError) as caught:
            token_tags(value, WORDS, TEXT)
        assert str(caught.value) == COUNTS[tags]
    with pytest.raises(ValueError) as caught:
        token_tags("O O", [(0, 1)], "a")
    assert str(caught.value) == "should be 1 tag, one per token. Found 2."


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
        (["O", {"start": 0}], '{"start": 0}, item 2 of it'),
        ([["O"]], '["O"], item 1 of it'),
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


@pytest.mark.parametrize(
    "value", ["O B-t \u00a0O", ["O", " B-t\u00a0", "O "], [{"start": 3, "end": 7, "label": " t "}]]
)
def test_white_space_around_a_tag_is_no_part_of_it(value: Any) -> None:
    assert token_tags(value, PIECES, TEXT) == ["O", "B-t", "I-t", "I-t", "O", "O", "O"]


def test_a_tag_of_white_space_alone() -> None:
    with pytest.raises(ValueError) as caught:
        token_tags(["O", " ", "O"], PIECES, TEXT)
    assert str(caught.value) == "a tag should have at least one character. Found ' '."


def test_a_tag_that_is_none_leaves_its_tokens_without_a_label() -> None:
    assert token_tags(["O", None, "B-t"], PIECES, TEXT) == ["O", None, None, None, "B-t", "I-t", "I-t"]


def test_tags_belong_to_the_words_that_are_given() -> None:
    words: list[Span] = [(0, 7), (8, 15)]
    assert token_tags(["B-t", "O"], PIECES, TEXT, words=words) == ["B-t", "I-t", "I-t", "I-t", "O", "O", "O"]


def test_a_rule_is_kept_by_tags_and_by_the_labels_of_spans() -> None:
    rule = TagRule("bio", "the scheme is bio")
    assert token_tags(["O", "B-t", "O"], WORDS, TEXT, rule=rule) == ["O", "B-t", "O"]
    with pytest.raises(ValueError) as caught:
        token_tags("O B-t o", WORDS, TEXT, rule=rule)
    assert str(caught.value) == (
        "a tag should be O or begin with B- or I-: the scheme is bio. Found 'o', tag 3 of 3. Did you mean 'O'?"
    )


@pytest.mark.parametrize("span", [{"start": 3.0, "end": 7.0, "label": "t"}, [3, 7, "t"], (3.0, 7, "t")])
def test_ways_to_write_a_span(span: Any) -> None:
    assert token_tags([span], PIECES, TEXT) == ["O", "B-t", "I-t", "I-t", "O", "O", "O"]


def test_spans_that_do_not_begin_and_end_where_tokens_do() -> None:
    tokens: list[Span] = [(0, 2), (3, 4), (4, 5), (6, 8), (8, 9), (10, 12)]
    text = "hi \U0001f44d\U0001f44d Al, Bo"
    assert tags_of_spans([[8, 10, "NAME"]], tokens, text) == ["O", "O", "O", "O", "B-NAME", "O"]
    assert uneven_spans([[6, 8, "NAME"], {"start": 0, "end": 2, "label": "x"}], tokens, text) == []
    assert uneven_spans([[8, 10, "NAME"], [1, 2, "x"]], tokens, text) == [
        "8–10 (NAME): ', ' is read as ','; a character beyond U+FFFF comes before it: offsets should count "
        "characters, not the units of UTF-16",
        "1–2 (x): 'i' is read as 'hi'",
    ]


def test_spans_become_bio_tags() -> None:
    tags = tags_of_spans(
        [{"start": 8, "end": 15, "label": "unit"}, {"start": 3, "end": 6, "label": "time"}], PIECES, TEXT
    )
    assert tags == ["O", "B-time", "I-time", "I-time", "B-unit", "I-unit", "I-unit"]


BAD_SPANS: dict[str, list[Any]] = {
    'a span should have a start and an end (numbers) and a label. Found {"start": 0, "end": 2}.': [
        {"start": 0, "end": 2}
    ],
    'a span should have a start and an end (numbers) and a label. Found {"start": "0", "end": 2, "label": "x"}.': [
        {"start": "0", "end": 2, "label": "x"}
    ],
    'a span should have a start and an end (numbers) and a label. Found {"start": 0.5, "end": 2, "label": "x"}.': [
        {"start": 0.5, "end": 2, "label": "x"}
    ],
    'a span should have a start and an end (numbers) and a label. Found [0, 2, " "].': [[0, 2, " "]],
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


def test_a_span_beyond_a_text_that_holds_wide_characters() -> None:
    with pytest.raises(ValueError) as caught:
        tags_of_spans([[3, 5, "x"]], [(0, 1), (2, 4)], "\U0001f44d Al")
    assert str(caught.value) == (
        "a span should lie within 0–4. Found 3–5 (x). Perhaps a character beyond U+FFFF comes before it: offsets "
        "should count characters, not the units of UTF-16."
    )


@given(st.text(), st.sampled_from(TOKENIZERS))
def test_every_token_of_every_text_gets_a_tag(text: str, tokenizer: str) -> None:
    tokens = [] if not text or not word_spans(text) else [(a, b) for a, b in tokenize([text], tokenizer).spans()]
    words = word_spans(text)
    tags = align_tags([f"B-{i}" for i in range(len(words))], words, tokens)
    assert len(tags) == len(tokens)
    assert [tag for tag in tags if tag and tag.startswith("B-")] == [f"B-{i}" for i in range(len(words))]
