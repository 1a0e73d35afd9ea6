from __future__ import annotations

import io
import itertools
from collections.abc import Iterator

import pytest
from rich.console import Console

from mtl.base.progress import EarlyStopReport, EvalReport, Note, Report, StageReport, StepReport
from mtl.cli.progress import evaluation, event, line, show_progress, stage
from mtl.cli.running import Running

METRICS = {"intent": {"accuracy": 0.75, "macro_f1": 0.5, "micro_f1": 0.75}, "joint": {"exact_match": 0.25}}


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


def test_a_line_now_and_then_has_means_and_the_time_that_is_left() -> None:
    console = Console(file=io.StringIO(), force_terminal=False)
    now = itertools.count(0.0, 1.0)  # each look at the clock takes a second
    losses = ({"intent": float(step % 3), **({"slots": 4.0} if step == 2 else {})} for step in range(1, 21))
    steps = (StepReport(step, 100, 1, "s", of, 8, 50, 1, 1, 1) for step, of in enumerate(losses, 1))
    show_progress(steps, console, lambda: next(now))
    first, *_ = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert first == "step 10/100, epoch 1  mean loss intent 1.000 slots 4.000  38 tokens/s  2 min left"


def test_a_time_budget_may_end_before_the_last_step() -> None:
    clock = iter([0.0, 100.0])
    running = Running(lambda: next(clock))
    assert running.left() == ""
    running.add(StepReport(1, 100, 1, "s", {}, 8, 50, 1.0, 1.0, 1.0, seconds_left=45.0))
    assert running.left() == "45 s left"


def test_the_mean_is_of_the_last_losses() -> None:
    running = Running()
    for step in range(1, 301):
        running.add(StepReport(step, 300, 1, "s", {"a": 8.0 if step <= 250 else 4.0}, 1, 1, 1.0, 1.0, 1.0))
    assert running.losses() == "mean loss a 6.000"


def test_a_bar_on_a_terminal() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=120, legacy_windows=False)
    assert show_progress(reports(), console) == 2
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert LINE in shown
    assert "2/2" in shown
    assert "tokens/s" in shown


def test_an_evaluation_is_one_line() -> None:
    assert evaluation(EvalReport(2, 2, 1, "dev", METRICS, 0.75, False, 1, 0.1)) == LINE.removesuffix(" (best)")


def test_both_figures_of_a_task_that_has_two() -> None:
    metrics = {"lm": {"perplexity": 12.5, "bits_per_character": 1.75}, **METRICS}
    assert evaluation(EvalReport(2, 2, 1, "dev", metrics, -12.5, False, 1, 0.1)) == (
        "step 2/2, epoch 1  dev lm.perplexity 12.5000 lm.bits_per_character 1.7500 intent.accuracy 0.7500 "
        "joint.exact_match 0.2500  score -12.5000"
    )


def alike() -> Iterator[Report]:
    for step in (1, 2, 3):
        found = {"slots": "slots answers 'O' for every token of dev"} if step < 3 else {}
        yield EvalReport(step, 3, 1, "dev", METRICS, 0.5, False, None, 0.1, found)


@pytest.mark.parametrize("terminal", [False, True])
def test_answers_that_are_alike_are_said_once_and_summed_up(terminal: bool) -> None:
    console = Console(file=io.StringIO(), force_terminal=terminal, width=200, legacy_windows=False)
    show_progress(alike(), console)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert shown.count("slots answers 'O' for every token of dev. If it stays so, try a lower rate") == 1
    assert shown.endswith("slots answered alike everywhere at 2 of 3 evaluations, not at the last one\n")


def test_why_training_ended_early() -> None:
    assert event(EarlyStopReport(980, 2000, 7, 5, 780)) == (
        "step 980/2000, epoch 7  stopped early: no better for 5 evaluations; best at step 780"
    )
    assert EarlyStopReport(9, 20, 7, 1, 8).record() == {
        "event": "stop",
        "reason": "stopped early: no better for 1 evaluation; best at step 8",
        "step": 9,
        "steps": 20,
        "epoch": 7,
        "evaluations": 1,
        "best": 8,
    }


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
    reports = (
        StageReport("tracing", both),
        StageReport("writing", both),
        StageReport("verifying", ("slots",), 2, 2, 1200, "test"),
    )
    assert [stage(report) for report in reports] == [
        "export: tracing intent, slots",
        "export: writing intent, slots",
        "export: verifying slots (2 of 2) on 1,200 rows of test",
    ]
