from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from mtl.text.category_entries import HEAVIEST, entry, entry_spans
from mtl.text.cells import value_text
from mtl.text.featurizer import tokenize
from mtl.text.front_end import FrontEnd


@pytest.mark.parametrize(
    ("token", "category", "weight"),
    [
        ("rock", "rock", 1.0),
        ("rock:2.5", "rock", 2.5),
        ("hip hop : .5", "hip hop", 0.5),
        ("rock::2", "rock", 2.0),
        ("rock:", "rock", 1.0),
        ("12:30", "12", 30.0),
        ("12:30:1", "12:30", 1.0),
        (":2", ":2", 1.0),
        (":)", ":)", 1.0),
        ("a:-1", "a:-1", 1.0),
        ("a:1_0", "a:1_0", 1.0),
        ("a:1e50", "a", HEAVIEST),
        ("a:1e-3", "a", 0.001),
    ],
)
def test_an_entry(token: str, category: str, weight: float) -> None:
    assert entry(token) == (category, weight)


def test_an_entry_is_looked_up_as_it_is_normalized() -> None:
    assert entry("Rock:2", "rock:2") == ("rock", 2.0)
    assert entry("Rock\uff1a2", "rock:2") == ("rock:2", 1.0)  # no colon in the text: no weight


def test_entries_are_tokens() -> None:
    texts = ["rock:2 | hip hop||:|pop", "", " | : ", "a"]
    assert tokenize(texts, FrontEnd("categories")).strings() == [["rock:2", "hip hop", "pop"], [""], [""], ["a"]]
    assert [texts[0][begin:end] for begin, end in entry_spans(texts[0])] == ["rock:2", "hip hop", "pop"]
    assert FrontEnd("categories").of_value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (float("nan"), ""),
        ("", ""),
        ([], ""),
        ({}, ""),
        ("rock:2|pop", "rock:2|pop"),
        (["rock", "hip hop"], "rock|hip hop"),
        (("rock", None, "", float("nan")), "rock"),
        ([["rock", 2], ("pop", 0.5)], "rock:2|pop:0.5"),
        ([["rock", None], ["pop", Decimal("1.50")]], "rock|pop:1.5"),
        ({"rock": 2, "pop": None, "jazz": 0}, "rock:2|jazz:0"),
        ([["rock", "2.5"]], "rock:2.5"),
        ({"12:30": 1}, "12:30:1"),
        (["12:30", "at 9"], "12:30:1|at 9"),
        ([3, 2.0, True], "3|2|true"),
        (7, "7"),
        (np.array(["rock", "pop"]), "rock|pop"),
        ([["rock", 0.1]], "rock:0.10000000000000001"),
        ({"rock": 1e-101}, "rock:0.01e-99"),
        ({"rock": np.float32(2), "pop": np.int64(3)}, "rock:2|pop:3"),
    ],
)
def test_a_list_as_text(value: Any, text: str) -> None:
    assert value_text(value, "categories") == text


A_CATEGORY = "a category should be a text that is not empty, has no '|' and ends in no colon. Found "


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (["a|b"], f"{A_CATEGORY}'a|b'."),
        (["a:"], f"{A_CATEGORY}'a:'."),
        ([" "], f"{A_CATEGORY}' '."),
        ({"rock": -1}, "the weight of 'rock' should be a number from 0 to 1e+09. Found -1."),
        ({"rock": float("nan")}, "the weight of 'rock' should be a number from 0 to 1e+09. Found nan."),
        ([["rock", 1e10]], "the weight of 'rock' should be a number from 0 to 1e+09. Found 1e+10."),
        ([["rock", "two"]], "the weight of 'rock' should be a number from 0 to 1e+09. Found 'two'."),
        ([["rock", True]], "the weight of 'rock' should be a number from 0 to 1e+09. Found true."),
        (
            [["rock", 1, 2]],
            "should be a list of categories or of [category, weight] pairs, or a map from categories to weights. "
            'Found ["rock", 1, 2] in it.',
        ),
        ("rock|pop:-2", "the weight of 'pop' should be a number without a sign. Found -2."),
    ],
)
def test_what_is_no_list_is_named(value: Any, message: str) -> None:
    with pytest.raises(ValueError) as error:  # all of the message is compared
        value_text(value, "categories")
    assert str(error.value) == message


def test_a_tiny_weight_is_read_as_it_is_written() -> None:
    assert entry(value_text({"rock": 2.5e-120}, "categories")) == ("rock", pytest.approx(2.5e-120, rel=1e-12))
