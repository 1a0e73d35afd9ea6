"""Exact match and F1 of SQuAD: values by hand, from the definitions of the official script."""

from __future__ import annotations

import pytest

from mtl.evaluate.metrics import SquadScores
from mtl.evaluate.metrics.squad import normalized, word_f1


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("The Eiffel Tower.", "eiffel tower"),
        ("  a  an the ", ""),
        ("Theatre in an annex", "theatre in annex"),  # articles are whole words
        ("state-of-the-art", "stateoftheart"),  # punctuation goes first
        ("don't", "dont"),
        ("naïve – café", "naïve – café"),  # other than ASCII punctuation stays
        ("10,000 $", "10000"),
    ],
)
def test_what_does_not_count(text: str, plain: str) -> None:
    assert normalized(text) == plain


@pytest.mark.parametrize(
    ("right", "answer", "f1"),
    [
        ("in New York", "New York", 0.8),  # 2 of 2 words, 2 of 3
        ("New York", "york york", 0.5),  # a word counts as often as both have it
        ("the", "", 1.0),
        ("", "York", 0.0),
        ("York", "", 0.0),
        ("cat", "dog", 0.0),
    ],
)
def test_the_f1_of_words(right: str, answer: str, f1: float) -> None:
    assert word_f1(right, answer) == pytest.approx(f1)


def test_each_question_has_the_most_alike_of_its_answers() -> None:
    gold = [("in New York", "New York City"), ("Ada",), None]
    assert SquadScores().compute(gold, ["New York", "the Ada!", "x"]) == {
        "exact_match": 0.5,
        "f1": pytest.approx((0.8 + 1) / 2),
    }


def test_questions_without_an_answer() -> None:
    gold = [("Ada",), (), (), ("the",)]  # an answer of articles alone is none
    found = SquadScores().compute(gold, ["Ada Lovelace", "", "Ada", "a"])
    assert found == {
        "exact_match": 0.5,
        "f1": pytest.approx((2 / 3 + 1 + 0 + 1) / 4),
        "answered_f1": pytest.approx(2 / 3),
        "unanswered_accuracy": pytest.approx(2 / 3),
    }


def test_gold_measured_by_itself_and_no_rows() -> None:
    gold = [("Ada", "Ada L"), ()]
    assert SquadScores().compute(gold, gold)["f1"] == 1.0
    assert SquadScores().compute([None], ["x"]) == {"exact_match": 0.0, "f1": 0.0}
