"""Figures of what is out of scope, by hand."""

from __future__ import annotations

from mtl.evaluate.metrics import OutOfScope

GOLD = ["a", "a", "b", "none", "none", None]
ANSWERS = ["a", "none", "a", "none", "b", "none"]


def test_three_shares() -> None:
    metric = OutOfScope().fitted({"out_of_scope": "none"})
    assert metric.compute(GOLD, ANSWERS) == {
        "in_scope_accuracy": 1 / 3,
        "out_of_scope_recall": 1 / 2,
        "out_of_scope_precision": 1 / 2,
    }


def test_figures_without_rows_are_left_out() -> None:
    metric = OutOfScope().fitted({"out_of_scope": "none"})
    assert metric.compute(["a"], ["a"]) == {"in_scope_accuracy": 1.0}
    assert metric.compute(["none"], ["a"]) == {"out_of_scope_recall": 0.0}
