from __future__ import annotations

from typing import Any, get_args

import pytest

from mtl.base.registry import lookup
from mtl.data.targets import Example
from mtl.graph.rules import fits
from mtl.text.tag_schemes import Scheme
from mtl_tasks import WordTagging

TEXT = "fly to new-york now"
TOKENS = [(0, 3), (4, 6), (7, 10), (10, 11), (11, 15), (16, 19)]


def read(value: Any, scheme: Scheme = "auto") -> list[str | None] | None:
    """Return what a task reads in a training cell of `TEXT`, where it is the only one."""
    target = WordTagging(scheme=scheme).target()
    target.survey(value)
    target.settle()
    found: list[str | None] | None = target.read(value, Example(TEXT, TOKENS, len(TOKENS)))
    return found


@pytest.mark.parametrize("value", ["O O B-city O", ["O", "O", "B-city", "O"]])
def test_pieces_of_a_word_continue_its_span(value: Any) -> None:
    assert read(value) == ["O", "O", "B-city", "I-city", "I-city", "O"]


def test_bioes_tags_end_with_the_last_piece() -> None:
    tags = read("O O S-city O", "bioes")
    assert tags == ["O", "O", "B-city", "I-city", "E-city", "O"]


def test_plain_tags_are_those_of_every_piece() -> None:
    tags = read("VERB ADP B-x ADV", "plain")
    assert tags == ["VERB", "ADP", "B-x", "B-x", "B-x", "ADV"]


def test_spans_of_characters_become_bio_tags() -> None:
    value = [{"start": 7, "end": 15, "label": "city"}]
    assert read(value) == ["O", "O", "B-city", "I-city", "I-city", "O"]


def test_a_list_without_spans_leaves_every_token_outside() -> None:
    assert read([]) == ["O"] * 6


def test_plain_tags_cannot_be_left_out() -> None:
    with pytest.raises(ValueError, match=r"^should be 4 tags, one per token\. Found 0\.$"):
        read([], "plain")


@pytest.mark.parametrize("value", ["", [], None])
def test_a_text_without_words_has_no_tags(value: Any) -> None:
    assert WordTagging().target().read(value, Example("", [], 0)) is None


@pytest.mark.parametrize("value", [None, "", " "])
def test_an_empty_column_has_no_tags(value: Any) -> None:
    assert read(value) is None


def test_tags_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^should be 4 tags, one per token\. Found 2\.$"):
        read("O O")


@pytest.mark.parametrize("scheme", get_args(Scheme))
def test_every_scheme_has_metrics_of_tokens(scheme: Scheme) -> None:
    task = WordTagging(scheme=scheme)
    metrics = task.target().metrics
    assert task.default_metrics is None
    assert metrics
    assert all(fits(lookup("metric", name), task.target_class()) for name in metrics)
