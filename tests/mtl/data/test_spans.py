"""Answers as parts of a text: cells, tokens, what is kept of them, and what cells must not be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from mtl.data.labels import MISSING
from mtl.data.targets import AnswerSpan, Example, Names
from mtl.text.quoting import found_spans, quote

TEXT = "Tom lives in New York, not in York."
SPANS = [(0, 3), (4, 9), (10, 12), (13, 16), (17, 21), (21, 22), (23, 26), (27, 29), (30, 34), (34, 35)]
EXAMPLE = Example(TEXT, SPANS, len(SPANS))


def read(value: Any, *, no_answer: bool = False, example: Example = EXAMPLE) -> Any:
    return AnswerSpan(no_answer=no_answer).read(value, example)


def test_an_answer_is_the_first_occurrence_or_where_it_begins() -> None:
    assert read("York") == (4, 4, ((17, 21),))
    assert read([{"text": "York", "start": 30}]) == (8, 8, ((30, 34),))
    assert read([{"text": "York", "answer_start": 30}, "New York"]) == (8, 8, ((30, 34), (13, 21)))
    assert read("ew Yo") == (3, 4, ((14, 19),))  # tokens are whole


def test_an_answer_in_tokens_that_are_not_read_is_measured_and_not_learned() -> None:
    gold = read("not in", example=Example(TEXT, SPANS, 6))
    assert gold == (-2, -2, ((23, 29),))
    target = AnswerSpan()
    _, answered = target.tensors(np.array([target.encode(gold, 1, Names.of(()))]))
    assert answered.tolist() == [False]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("Oslo", "should be in the text as it is written. Found 'Oslo'."),
        ([], "should be an answer in the text, as the task has no 'no_answer: true'. Found an empty list."),
        ([3], "an answer should be a text, or a dict with 'text' and 'start'. Found 3."),
        (
            [{"text": "York"}],
            "an answer should be a text, or a dict with 'text' and 'start'. Found {\"text\": \"York\"}.",
        ),
        ([{"text": "York", "start": 13}], "should have 'York' at character 13 of the text. Found 'New ' there."),
        (" ", "should have at least one token of the text. Found ' '."),
    ],
)
def test_cells_that_are_no_answer(value: Any, message: str) -> None:
    with pytest.raises(ValueError) as error:  # the whole message is compared
        read(value)
    assert str(error.value) == message


def test_what_is_kept_gives_the_right_answers_again() -> None:
    target = AnswerSpan(no_answer=True)
    golds = [read([{"text": "York", "start": 30}, "New York"]), read([], no_answer=True), None]
    rows = [np.array(target.encode(gold, 1, Names.of(()))) for gold in golds]
    assert [target.gold(row, ()) for row in rows] == golds
    assert [target.gold_quoted(gold, TEXT) for gold in golds[:2]] == [("York", "New York"), ()]
    width = max(map(len, rows))
    padded = np.stack([np.pad(row, (0, width - len(row)), constant_values=MISSING) for row in rows])
    places, answered = target.tensors(padded)
    assert places.tolist() == [[8, 8], [-1, -1], [MISSING, MISSING]]
    assert answered.tolist() == [True, True, False]


def test_a_target_has_answers_to_learn() -> None:
    with pytest.raises(ValueError) as error:  # the whole message is compared
        AnswerSpan().fit([])
    assert str(error.value) == "should have an answer in at least one row. There is none."
    target = AnswerSpan()
    target.count(read("York"))
    target.fit([target])


def test_three_scores_where_there_may_be_no_answer() -> None:
    assert (AnswerSpan().size, AnswerSpan(no_answer=True).size) == (2, 3)


def test_predictions_are_tokens_and_quotes_are_texts() -> None:
    answer = {"start": torch.tensor([3, -1]), "end": torch.tensor([4, -1])}
    assert AnswerSpan().predicted(answer, None) == [(3, 4), (-1, -1)]
    assert AnswerSpan().from_answer({"start": 3, "end": 4}) == (3, 4)
    assert [quote(TEXT, SPANS, *span) for span in [(3, 4), (-1, -1), (0, 99)]] == ["New York", "", ""]
    tokens = [TEXT[start:end] for start, end in SPANS]
    assert found_spans(TEXT, tokens) == SPANS
    assert found_spans(TEXT, ["Tom", "Ada", "lives"]) == SPANS[:1]


def test_a_text_without_tokens_has_no_answer() -> None:
    answer = {"start": torch.tensor([3, 0]), "end": torch.tensor([4, 0]), "score": torch.tensor([0.25, 0.5])}
    found = AnswerSpan().answered(answer, [["a"], []], AnswerSpan.answers)
    assert {name: values.tolist() for name, values in found.items()} == {
        "start": [3, -1],
        "end": [4, -1],
        "score": [0.25, 1.0],
    }
    assert found["start"].dtype == np.int64
    assert found["score"].dtype == np.float32
