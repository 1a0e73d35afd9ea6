from __future__ import annotations

import pytest

from mtl.base.errors import DataError, Fault, MtlError, RecipeError, UsageError, listing, near_miss


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
