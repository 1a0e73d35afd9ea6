from __future__ import annotations

import pytest

from mtl.base.errors import DataError, Fault, MtlError, RecipeError, UsageError, listing, near_miss, some


@pytest.mark.parametrize(
    ("fault", "row"),
    [
        (Fault("is wrong."), "is wrong."),
        (Fault("is wrong.", "r.yaml"), "r.yaml: is wrong."),
        (Fault("is wrong.", "r.yaml", 3), "r.yaml:3: is wrong."),
        (Fault("is wrong.", "r.yaml", 3, "a.b"), "r.yaml:3: a.b: is wrong."),
        (Fault("is wrong.", path="a.b"), "a.b: is wrong."),
    ],
)
def test_rows(fault: Fault, row: str) -> None:
    assert str(fault) == row


def test_a_recipe_s_faults_come_in_the_order_of_their_lines_and_once() -> None:
    faults = [Fault("c", "r", 3), Fault("a", "r", 1), Fault("c", "r", 3), Fault("b", "r", 1), Fault("n", "r")]
    assert str(RecipeError(faults, "r")) == "r: n\nr:1: a\nr:1: b\nr:3: c\n4 errors in r"
    assert str(RecipeError(faults[:1], "r")) == "r:3: c\n1 error in r"


def test_exit_codes() -> None:
    assert (MtlError().exit_code, UsageError().exit_code, DataError().exit_code) == (1, 2, 2)
    assert str(MtlError("one", Fault("two", "f"))) == "one\nf: two"


def test_names_in_sentences() -> None:
    assert near_miss("embeding", ["output", "embedding"]) == " Did you mean 'embedding'?"
    assert near_miss("x", []) == ""
    assert (listing(["b", "a"]), listing([])) == ("a, b", "none")


def test_near_misses_in_another_case_and_those_that_are_about_as_near() -> None:
    assert near_miss("AdamW", ["adam", "adamw"], most=2) == " Did you mean 'adamw'?"
    assert near_miss("BiLSTMs", ["bilstm", "cnn"]) == " Did you mean 'bilstm'?"
    assert near_miss("adamv", ["adam", "adamw", "sgd"]) == " Did you mean 'adam'?"
    assert near_miss("adamv", ["adam", "adamw", "sgd"], most=2) == " Did you mean 'adam' or 'adamw'?"
    assert near_miss("acuracy", ["accuracy", "recall"], most=2) == " Did you mean 'accuracy'?"


def test_long_lists_of_names_are_cut() -> None:
    assert some("abc") == "a, b, c"
    assert some("abc", 2) == "a, b and 1 other"
    assert some("abcde", 2) == "a, b and 3 others"
