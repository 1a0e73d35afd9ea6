"""A budget of time, by a clock of the test's own: when training ends, what schedules do, what a resumed run has."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mtl.base.progress import EvalReport, Report, StepReport, StopReport
from mtl.cli.progress import event
from mtl.train.budget import Budget
from mtl.train.logs import Logs, scalars
from mtl.train.trainer import Trainer
from tests.mtl.small_run import parameters, same, small_graph, small_prepared, small_trainer


class Clock:
    """Seconds that pass only when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def timed(folder: Path, train: Mapping[str, Any], clock: Clock, *, dev: bool = True, resume: bool = False) -> Trainer:
    graph = small_graph(folder, train, dev=dev)
    return Trainer(graph, small_prepared(graph), folder / "run", resume=resume, clock=clock)


def run(trainer: Trainer, clock: Clock, *, step: float, until: int = 10**6) -> list[Report]:
    """Train; `step` seconds pass after the report of each step."""
    found: list[Report] = []
    for report in trainer.train():
        found.append(report)
        if len(found) == until:
            break
        clock.now += step if isinstance(report, StepReport) else 0
    return found


def test_a_budget_counts_what_was_spent_before() -> None:
    clock = Clock()
    budget = Budget(2, clock)
    budget.before = 30.0
    assert (budget.seconds, budget.share, budget.over) == (30.0, 0.25, False)
    budget.begin()
    clock.now += 45
    assert (budget.seconds, budget.share, budget.over) == (75.0, 0.625, False)
    clock.now += 45
    assert (budget.share, budget.over) == (1.0, True)
    clock.now += 45
    assert budget.share == 1.0


def test_without_a_budget_no_clock_is_read() -> None:
    budget = Budget(None, lambda: pytest.fail("the clock was read") and 0.0)
    assert (budget.seconds, budget.share, budget.over) == (0.0, 0.0, False)


def test_it_ends_after_the_first_step_past_the_budget(tmp_path: Path) -> None:
    clock = Clock()
    trainer = timed(tmp_path, {"minutes": 1, "epochs": 20}, clock)
    reports = run(trainer, clock, step=14)
    # The report of a step comes before its time: after that of the fifth, 70 seconds, the sixth is the first past 60.
    assert [type(report) for report in reports] == [StepReport] * 6 + [EvalReport, StopReport]
    assert reports[-1].step == 6
    assert trainer.finished
    stop = reports[-1]
    assert isinstance(stop, StopReport)
    assert stop == StopReport(6, trainer.steps, 1, 84 / 60)
    assert stop.reason == "stopped after 1.40 minutes"
    assert event(stop) == "step 6/200, epoch 1  stopped after 1.40 minutes"
    assert trainer.checkpoints.pointer() == {"last": "step-00000006", "best": "step-00000006"}
    assert list(timed(tmp_path, {"minutes": 1, "epochs": 20}, clock, resume=True).train()) == []


def test_an_evaluation_that_ends_past_the_budget_is_the_last(tmp_path: Path) -> None:
    clock = Clock()
    train = {"minutes": 1, "epochs": 20, "evaluate_every": 2}
    reports = run(timed(tmp_path, train, clock), clock, step=10)
    # The sixth step ends within the budget, its evaluation does not.
    assert [report.step for report in reports if isinstance(report, EvalReport)] == [2, 4, 6]
    assert [type(report) for report in reports[-2:]] == [EvalReport, StopReport]
    assert reports[-1].step == 6


def test_without_dev_it_ends_as_well(tmp_path: Path) -> None:
    clock = Clock()
    trainer = timed(tmp_path, {"minutes": 0.5, "epochs": 20}, clock, dev=False)
    assert [report.step for report in run(trainer, clock, step=20)] == [1, 2, 3, 3]
    assert trainer.checkpoints.pointer() == {"last": "step-00000003", "best": "step-00000003"}


def test_a_run_that_ends_by_itself_is_not_stopped(tmp_path: Path) -> None:
    clock = Clock()
    trainer = timed(tmp_path, {"minutes": 1, "max_steps": 3}, clock)
    reports = run(trainer, clock, step=100)
    assert isinstance(reports[-1], StopReport)
    clock, folder = Clock(), tmp_path / "other"
    folder.mkdir()
    trainer = timed(folder, {"minutes": 1, "max_steps": 3}, clock)
    reports = run(trainer, clock, step=30)
    assert [report.step for report in reports] == [1, 2, 3, 3]
    assert isinstance(reports[-1], EvalReport)


@pytest.mark.parametrize("kind", ["linear", "cosine"])
def test_schedules_reach_their_end_with_the_budget(tmp_path: Path, kind: str) -> None:
    clock = Clock()
    train = {"minutes": 1, "epochs": 20, "schedule": {"type": kind, "warmup": 2, "end": 0.1}}
    trainer = timed(tmp_path, train, clock)
    reports = run(trainer, clock, step=6)
    factors = [report.factor for report in reports if isinstance(report, StepReport)]
    assert len(factors) == 10  # of 200
    assert factors[:2] == [0.5, 1.0]
    assert factors[2:] == sorted(factors[2:], reverse=True)
    assert trainer.rates.set(10, 1.0) == pytest.approx(0.1)
    if kind == "linear":
        assert factors[2:] == pytest.approx([1 - 0.9 * 6 * step / 60 for step in range(2, 10)])


def test_steps_further_on_than_the_time_lead(tmp_path: Path) -> None:
    train = {"epochs": 1, "schedule": {"type": "linear"}}
    clock = Clock()
    timed_factors = [r.factor for r in run(timed(tmp_path, {**train, "minutes": 99}, clock), clock, step=1)[:-1]]  # type: ignore[union-attr]
    plain = [r.factor for r in small_trainer(tmp_path, train, out="plain").train() if isinstance(r, StepReport)]
    assert timed_factors == plain


def test_a_resumed_run_has_the_rest(tmp_path: Path) -> None:
    train = {"minutes": 1, "epochs": 20, "checkpoint_every": 2}
    clock = Clock()
    run(timed(tmp_path, train, clock), clock, step=10, until=6)  # killed after its sixth step
    state = json.loads((tmp_path / "run/checkpoints/step-00000004/state.json").read_text())
    assert state["seconds"] == 40.0
    later = Clock()
    resumed = timed(tmp_path, train, later, resume=True)
    assert (resumed.step, resumed.budget.seconds) == (4, 40.0)
    reports = run(resumed, later, step=10)
    assert [report.step for report in reports if isinstance(report, StepReport)] == [5, 6, 7]


def test_a_run_without_a_budget_keeps_no_time(tmp_path: Path) -> None:
    trainer = small_trainer(tmp_path, {"epochs": 1})
    list(trainer.train())
    assert "seconds" not in json.loads((trainer.checkpoints.path("last") / "state.json").read_text())
    other = tmp_path / "other"
    other.mkdir()
    ample = timed(other, {"epochs": 1, "minutes": 1000}, Clock())
    list(ample.train())
    assert same(parameters(trainer.model), parameters(ample.model))


def test_the_log_says_so(tmp_path: Path) -> None:
    stop = StopReport(6, 200, 1, 1.4)
    with Logs(tmp_path, 0) as logs:
        logs.write(stop)
    assert json.loads((tmp_path / "log.jsonl").read_text()) == {
        "event": "stop",
        "reason": "stopped after 1.40 minutes",
        "step": 6,
        "steps": 200,
        "epoch": 1,
        "minutes": 1.4,
    }
    assert scalars(stop) == {}
