from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from benchmarks.fuzz import random_texts, text_session
from mtl.base.errors import UsageError
from mtl.text.cells import number, value_text, value_texts
from mtl.text.featurizer import tokenize
from mtl.text.front_end import FrontEnd
from mtl.text.white_space import stripped


@pytest.mark.parametrize("tokenizer", ["value", "number"])
def test_a_cell_is_one_token_without_the_white_space_at_its_ends(tokenizer: str) -> None:
    texts = ["New York", " \tRome\n", "", " \u00a0", "a", " 3.5 ", "two\nlines"]
    wanted = [["New York"], ["Rome"], [""], [""], ["a"], ["3.5"], ["two\nlines"]]
    assert tokenize(texts, tokenizer).strings() == wanted
    assert FrontEnd(tokenizer).of_value
    assert not FrontEnd("whitespace").of_value


def test_both_faces_of_the_tokenizer_are_equal() -> None:
    texts = random_texts(1500, np.random.default_rng(5))
    graph = text_session(FrontEnd("value"), ())
    surface = graph.run(None, {"text": np.array(texts, object)})[0]
    assert surface.tolist() == [[stripped(text)] for text in texts] == tokenize(texts, "value").strings()


@pytest.mark.parametrize(
    ("value", "tokenizer", "text"),
    [
        (37, "number", "37"),
        (-0.5, "number", "-0.5"),
        (np.float64(2.5), "number", "2.5"),
        (np.int32(7), "number", "7"),
        (" 1e3 ", "number", "1e3"),
        ("  ", "number", ""),
        (None, "number", ""),
        (float("nan"), "value", ""),
        (True, "value", "true"),
        (3, "value", "3"),
        (3.0, "value", "3"),
        (-0.0, "value", "0"),
        (1e17, "value", "1e+17"),
        (Decimal("12.50"), "number", "12.5"),
        (Decimal("3E+2"), "value", "300"),
        (Decimal("-0.00"), "value", "0"),
        (Decimal("NaN"), "number", ""),
        (1e-7, "number", "1e-07"),
        ("New York ", "value", "New York "),
    ],
)
def test_a_value_as_text(value: Any, tokenizer: str, text: str) -> None:
    assert value_text(value, tokenizer) == text


@pytest.mark.parametrize(
    ("value", "tokenizer", "message"),
    [
        ("old", "number", "should be a number such as 12.5 or -3e4, or nothing. Found 'old'."),
        ("1,000", "number", "should be a number such as 12.5 or -3e4, or nothing. Found '1,000'."),
        ("\u00a05", "number", r"should be a number such as 12.5 or -3e4, or nothing. Found '\xa05'."),
        (float("inf"), "number", "should be a number such as 12.5 or -3e4, or nothing. Found 'inf'."),
        (True, "number", "should be a number such as 12.5 or -3e4, or nothing. Found 'true'."),
        (Decimal("Infinity"), "number", "should be a number such as 12.5 or -3e4, or nothing. Found 'Infinity'."),
        ([1], "number", "should be a number such as 12.5 or -3e4, or nothing. Found [1]."),
        (["a"], "value", "should be one value: a text, a number or nothing. Found list."),
    ],
)
def test_what_is_no_value_is_named(value: Any, tokenizer: str, message: str) -> None:
    with pytest.raises(ValueError) as error:  # all of the message is compared
        value_text(value, tokenizer)
    assert str(error.value) == message
    with pytest.raises(UsageError) as named:
        value_texts([None, value], tokenizer, "the input 'age' of 'kind'", 64)
    assert str(named.value) == f"row 65 of the input 'age' of 'kind' {message}"


@pytest.mark.parametrize("value", [1e-120, -1.5e-101, 2.2250738585072014e-120, 1e120, -1.7976931348623157e150])
def test_numbers_with_large_exponents_are_written_as_they_are_read(value: float) -> None:
    assert number(value_text(value, "number")) == value
    assert number(value_text(1e-200, "number")) == 0.0


@pytest.mark.parametrize(
    "text", ["", "-", ".", "e5", "1e", "1e100", "0x1", "1_0", "nan", "inf", "1 2", "\u0663", "1" * 61]
)
def test_what_is_no_number(text: str) -> None:
    assert number(text) is None


@pytest.mark.parametrize("text", ["0", "-7", "+1.5", ".5", "5.", "1E+10", "1e-99", "9" * 60])
def test_what_is_a_number(text: str) -> None:
    assert number(text) == float(text)
