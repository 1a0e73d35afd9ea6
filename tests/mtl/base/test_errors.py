from __future__ import annotations

import pickle
from copy import deepcopy
from dataclasses import replace

import pytest

from mtl.base.errors import (
    DataError,
    Fault,
    MtlError,
    Option,
    RecipeError,
    UsageError,
    Wording,
    WrongKeyError,
    WrongValueError,
    fault_of,
    listing,
    near_miss,
    sentences,
    some,
)


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


def test_faults_of_options_are_counted_by_themselves_and_come_first() -> None:
    given, written, row = Fault("a", Option("--set x=1")), Fault("b", "-r", 1), Fault("c", "rows", 7)
    both = str(RecipeError([written, given], "-r"))
    assert both == "--set x=1: a\n-r:1: b\n1 error in -r, and 1 in options given with it"
    assert str(RecipeError([given], "-r", [row])) == (
        "--set x=1: a\nrows:7: c\n1 error in options given with -r, and 1 in its data"
    )
    assert str(deepcopy(RecipeError([written, given], "-r", [row, replace(row, line=8)]))) == (
        "--set x=1: a\n-r:1: b\nrows:7: c\nrows:8: c\n1 error in -r, 1 in options given with it, and 2 in its data"
    )


def test_a_message_is_made_of_its_parts() -> None:
    error = WrongValueError("'dim' should be even", "3", "Take 4.")
    assert str(error) == str(deepcopy(error)) == "'dim' should be even. Found 3. Take 4."
    assert fault_of(error, "r", 2, "dim") == Fault("'dim' should be even. Found 3. Take 4.", "r", 2, "dim")
    assert sentences(error, "should be built") == [str(error)]
    foreign = ValueError("'dim' should be even. Found 3.")
    assert sentences(foreign, "should be built") == [
        "should be built. Found ValueError: 'dim' should be even. Found 3."
    ]


def test_which_faults_are_of_one_kind() -> None:
    def of(value: int) -> Fault:
        try:
            raise ValueError(f"should be even, not {value}")
        except ValueError as error:
            return fault_of(error)

    assert of(3).kind == of(5).kind is not None
    one, other = (Wording("should be even", found).fault(line=3) for found in ("3", "5"))
    assert one.kind == other.kind != Wording("should be even", "3", "Take 4.").fault().kind
    assert Wording("should be 3 words", "2", kind="words").fault().kind == "words"


def test_how_many_others_are_of_a_kind() -> None:
    assert str(Fault("is wrong.", "f", 2, others=1)) == "f:2: is wrong. 1 other row has such a fault."
    assert str(Fault("is wrong.", "f", 2, others=1200)) == "f:2: is wrong. 1,200 other rows have such a fault."


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


def test_a_wrong_key_is_still_known_in_another_process() -> None:
    error = pickle.loads(pickle.dumps(WrongKeyError("start", "'start' should be below 3. Found 3.")))  # noqa: S301
    assert (error.key, str(error), error.exit_code) == ("start", "'start' should be below 3. Found 3.", 2)
