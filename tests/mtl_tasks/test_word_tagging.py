from __future__ import annotations

from typing import Any, get_args

import pytest

from mtl.base.registry import lookup
from mtl.text.tag_schemes import Scheme
from mtl_tasks import WordTagging

TEXT = "fly to new-york now"
TOKENS = [(0, 3), (4, 6), (7, 10), (10, 11), (11, 15), (16, 19)]


@pytest.mark.parametrize("value", ["O O B-city O", ["O", "O", "B-city", "O"]])
def test_pieces_of_a_word_continue_its_span(value: Any) -> None:
    assert WordTagging().targets(value, TOKENS, TEXT) == ["O", "O", "B-city", "I-city", "I-city", "O"]


def test_bioes_tags_end_with_the_last_piece() -> None:
    tags = WordTagging(scheme="bioes").targets("O O S-city O", TOKENS, TEXT)
    assert tags == ["O", "O", "B-city", "I-city", "E-city", "O"]


def test_plain_tags_are_those_of_every_piece() -> None:
    tags = WordTagging(scheme="plain").targets("VERB ADP B-x ADV", TOKENS, TEXT)
    assert tags == ["VERB", "ADP", "B-x", "B-x", "B-x", "ADV"]


def test_spans_of_characters_become_bio_tags() -> None:
    value = [{"start": 7, "end": 15, "label": "city"}]
    assert WordTagging().targets(value, TOKENS, TEXT) == ["O", "O", "B-city", "I-city", "I-city", "O"]


def test_a_list_without_spans_leaves_every_token_outside() -> None:
    assert WordTagging().targets([], TOKENS, TEXT) == ["O"] * 6


def test_plain_tags_cannot_be_left_out() -> None:
    with pytest.raises(ValueError, match=r"^should be 4 tags, one a token\. Found 0\.$"):
        WordTagging(scheme="plain").targets([], TOKENS, TEXT)


@pytest.mark.parametrize("value", ["", [], None])
def test_a_text_without_words_has_no_tags(value: Any) -> None:
    assert WordTagging().targets(value, [(0, 0)], "") is None


@pytest.mark.parametrize("value", [None, "", " "])
def test_an_empty_column_has_no_tags(value: Any) -> None:
    assert WordTagging().targets(value, TOKENS, TEXT) is None


def test_tags_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^should be 4 tags, one a token\. Found 2\.$"):
        WordTagging().targets("O O", TOKENS, TEXT)


@pytest.mark.parametrize("scheme", get_args(Scheme))
def test_every_scheme_has_metrics_of_tokens(scheme: Scheme) -> None:
    metrics = WordTagging(scheme=scheme).default_metrics
    assert {lookup("metric", name).level for name in metrics} <= {None, "token"}  # type: ignore[attr-defined]
