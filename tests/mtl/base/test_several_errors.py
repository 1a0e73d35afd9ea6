"""Errors of parts, told together."""

from __future__ import annotations

import pickle

import pytest

from mtl.base.errors import DataError, Fault, MtlError, RecipeError, TrainingError, UsageError
from mtl.base.several_errors import SeveralErrors, Together


def raised(*errors: MtlError) -> MtlError:
    """Return what is raised of parts that these errors end, one after another."""
    together = Together()
    for error in errors:
        with together.part():
            raise error
    with pytest.raises(MtlError) as found:
        together.fault_if_any()
    return found.value


def test_parts_without_an_error_raise_nothing() -> None:
    together = Together()
    with together.part():
        pass
    together.fault_if_any()


def test_one_error_is_raised_as_it_is() -> None:
    error = UsageError("a", "b")
    assert raised(error, UsageError("a", "b")) is error


def test_faults_of_one_recipe_are_one_error_each_once() -> None:
    lines = [Fault("first", "r.yaml", 2), Fault("second", "r.yaml", 1)]
    found = raised(RecipeError(lines[:1], "r.yaml", [Fault("bad", "d.tsv", 5)]), RecipeError(lines, "r.yaml"))
    assert type(found) is RecipeError
    assert str(found).splitlines() == [
        "r.yaml:1: second",
        "r.yaml:2: first",
        "d.tsv:5: bad",
        "2 errors in r.yaml, and 1 in its data",
    ]


def test_errors_of_several_are_told_one_after_another() -> None:
    found = raised(
        RecipeError([Fault("a", "r.yaml")], "r.yaml"),
        UsageError("b"),
        RecipeError([Fault("c", "s.yaml")], "s.yaml"),
        RecipeError([Fault("d", "r.yaml")], "r.yaml"),
        UsageError("b"),
    )
    for error in (found, pickle.loads(pickle.dumps(found))):  # noqa: S301
        assert isinstance(error, SeveralErrors)
        assert str(error).splitlines() == [
            "r.yaml: a",
            "r.yaml: d",
            "2 errors in r.yaml",
            "b",
            "s.yaml: c",
            "1 error in s.yaml",
        ]
        assert [fault.message for fault in error.faults] == ["a", "d", "b", "c"]
        assert error.exit_code == 2
    assert str(raised(UsageError("b"), found)).splitlines()[0] == "b"
    assert len(raised(UsageError("b"), found).faults) == 4


def test_the_exit_code_is_that_of_a_wrong_request_where_one_is() -> None:
    assert raised(TrainingError("a"), TrainingError("b")).exit_code == 1
    assert raised(TrainingError("a"), DataError("b")).exit_code == 2
