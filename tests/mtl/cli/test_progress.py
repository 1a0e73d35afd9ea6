from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from rich.console import Console

from mtl.base.progress import EvalReport, Note, Report, StageReport, StepReport
from mtl.cli.progress import evaluation, line, show_progress, stage

METRICS = {"intent": {"accuracy": 0.75, "macro_f1": 0.5}, "joint": {"exact_match": 0.25}}


def noted() -> Iterator[Report]:
    yield Note("pretrained: 1 of 2 words.", component="words")
    yield Note("pretrained: no\x1b words.", warning=True, component="words")
    yield from reports()


def reports() -> Iterator[Report]:
    for step in (1, 2):
        yield StepReport(step, 2, 1, "utterances", {"intent": 0.5}, 16, 100, 1.0, 1.0, 0.01)
    yield EvalReport(2, 2, 1, "dev", METRICS, 0.75, True, None, 0.1)


LINE = "step 2/2, epoch 1  dev intent.accuracy 0.7500 joint.exact_match 0.2500  score 0.7500 (best)"


def test_plain_lines_where_there_is_no_terminal() -> None:
    console = Console(file=io.StringIO(), force_terminal=False)
    assert show_progress(reports(), console) == 2
    assert console.file.getvalue() == LINE + "\n"  # type: ignore[attr-defined]


def test_a_bar_on_a_terminal() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=120, legacy_windows=False)
    assert show_progress(reports(), console) == 2
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert LINE in shown
    assert "2/2" in shown
    assert "tokens/s" in shown


def test_an_evaluation_is_one_line() -> None:
    assert evaluation(EvalReport(2, 2, 1, "dev", METRICS, 0.75, False, 1, 0.1)) == LINE.removesuffix(" (best)")


def test_a_line_holds_no_orders_to_a_terminal() -> None:
    console = Console(file=io.StringIO(), force_terminal=True)
    line(console, "run folder: [red]a\x1b[2J\x9b\n")
    assert console.file.getvalue() == "run folder: [red]a\\x1b[2J\\x9b\\n\n"  # type: ignore[attr-defined]


@pytest.mark.parametrize("terminal", [False, True])
def test_notes_come_first_and_warnings_on_standard_error(terminal: bool, capsys: pytest.CaptureFixture[str]) -> None:
    console = Console(file=io.StringIO(), force_terminal=terminal, width=120, legacy_windows=False)
    assert show_progress(noted(), console) == 2
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "words: pretrained: 1 of 2 words.\n" in shown
    warned = shown if terminal else capsys.readouterr().err  # a bar takes standard error over, to stay below it
    assert "warning: words: pretrained: no\\x1b words.\n" in warned


def test_stages_of_an_export() -> None:
    both = ("intent", "slots")
    reports = (StageReport("tracing", both), StageReport("writing", both), StageReport("verifying", ("slots",), 2, 2))
    assert [stage(report) for report in reports] == [
        "export: tracing intent, slots",
        "export: writing intent, slots",
        "export: verifying slots (2 of 2)",
    ]
