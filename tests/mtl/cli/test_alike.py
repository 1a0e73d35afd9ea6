from __future__ import annotations

from collections.abc import Mapping

from mtl.base.progress import EvalReport
from mtl.cli.alike import HINT, Alike


def report(**constant: str) -> EvalReport:
    return EvalReport(1, 9, 1, "dev", {}, 0.5, False, None, 0.1, constant)


def said(*evaluations: Mapping[str, str]) -> tuple[list[list[str]], list[str]]:
    alike = Alike()
    return [list(alike.lines(report(**constant))) for constant in evaluations], list(alike.summary())


def test_it_is_said_when_it_begins_and_counted_at_the_end() -> None:
    a, b = {"slots": "slots answers 'O'"}, {"slots": "slots answers 'B'"}
    lines, summary = said(a, a, b, {}, {**a, "intent": "intent answers 'x'"}, {})
    line = f"  slots answers 'O'. {HINT}"
    assert lines == [[line], [], [], [], [line, f"  intent answers 'x'. {HINT}"], []]
    assert summary == [
        "slots answered alike everywhere at 4 of 6 evaluations, not at the last one",
        "intent answered alike everywhere at 1 of 6 evaluations, not at the last one",
    ]


def test_at_the_last_one_too() -> None:
    assert said({"slots": "s"})[1] == ["slots answered alike everywhere at 1 of 1 evaluation, the last one among them"]
    assert said({}, {}) == ([[], []], [])
