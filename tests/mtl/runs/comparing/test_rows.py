"""The rows of a comparison's tables."""

from __future__ import annotations

from mtl.runs.comparing.rows import difference_rows, rows, trained_rows
from tests.mtl.runs.comparing import compared


def test_figures_of_each_run() -> None:
    assert list(rows(compared.result())) == [
        ("tags*", "f1", ["0.9000 ± 0.0100", "0.8500 ± 0.0120", "0.8000"]),  # one seed has no spread
        ("joint", "exact_match", ["0.7000 ± 0.0200", "", "0.7000 ± 0.0200"]),
    ]


def test_differences_and_verdicts() -> None:
    first, second = compared.result()["differences"]
    assert list(difference_rows(first)) == [("tags*", "f1", "+0.0500", "+0.0100 to +0.0900", "better")]
    assert list(difference_rows(second)) == [
        ("tags*", "f1", "-0.1000", "-0.1500 to -0.0500", "worse"),
        ("joint", "exact_match", "+0.0000", "none", "undecided: one seed"),
    ]


def test_what_was_trained_on() -> None:
    joint, single = "1,203 steps, 9,001 rows", "700 steps, 5,000 rows"
    assert list(trained_rows(compared.result())) == [
        ["tags*", "s_1", joint, single, joint],
        ["class", "s_1", joint, single, joint],
        ["all tasks", "", "1.10 minutes", "1.11 minutes", "2.00 minutes"],
    ]
    untimed = compared.result()
    for run in untimed["runs"]:
        del run["minutes"]
    assert [row[0] for row in trained_rows(untimed)] == ["tags*", "class"]
