"""The schedule that goes by evaluations, and those that go up and down: factors, a training, messages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mtl.base.errors import RecipeError, UsageError
from mtl.train.more_schedules import Cyclic, OneCycle, Plateau
from mtl.train.trainer import EvalReport, StepReport
from tests.mtl.small_run import small_graph, small_trainer


def test_the_rate_falls_where_evaluations_are_no_better() -> None:
    schedule = Plateau(100, 10, warmup=2, factor=0.5, patience=2, end=0.2)
    assert [schedule.factor(step) for step in (0, 1, 2)] == [0.5, 1.0, 1.0]
    found = []
    for score in (0.1, 0.3, 0.3, 0.2, 0.2, 0.4, 0.4, 0.1, 0.1, 0.1, 0.1, 0.5):
        schedule.evaluated(score)
        found.append(schedule.factor(50))
    assert found == [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.2, 0.2, 0.2]


def test_a_plateau_goes_on_from_its_state() -> None:
    one, other = Plateau(100, 10), Plateau(100, 10)
    for score in (0.3, 0.2, 0.1, 0.1):
        one.evaluated(score)
    other.load_state(one.state())
    for score in (0.2, 0.4, 0.1):
        one.evaluated(score)
        other.evaluated(score)
        assert one.factor(5) == other.factor(5)
    assert one.state() == other.state()


def test_a_training_on_a_plateau(tmp_path: Path) -> None:
    train = {"schedule": {"type": "plateau", "patience": 1, "factor": 0.1}, "evaluate_every": 2, "epochs": 3}
    best, current = None, 1.0
    trainer = small_trainer(tmp_path, train)
    for report in trainer.train():
        if isinstance(report, StepReport):
            assert report.factor == current
            assert trainer.optimizers.param_groups[0]["lr"] == 0.01 * current
        elif isinstance(report, EvalReport):
            current *= 1.0 if report.best else 0.1
            best = report.score if report.best else best
    assert current < 1
    assert trainer.rates.schedule.state() == {"current": current, "best": best, "waited": 0}


def test_a_plateau_without_dev(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        small_trainer(tmp_path, {"schedule": "plateau"}, dev=False)
    assert str(caught.value) == (
        "train.schedule: 'plateau' should come with a dev split of a source with labels. There is none: add one, or "
        "take another schedule."
    )


def test_one_cycle() -> None:
    schedule = OneCycle(104, 10, warmup=4, rise=0.4, start=0.1, end=0.02)
    assert schedule.factor(0) == 0.25  # of the warm-up
    found = [schedule.factor(4 + step) for step in (0, 20, 40, 70, 100)]
    assert found == pytest.approx([0.1, 0.55, 1.0, 0.51, 0.02])
    schedule.spent = 0.7  # of a time budget
    assert schedule.factor(24) == pytest.approx(0.51)


def test_cycles() -> None:
    schedule = Cyclic(104, 10, warmup=4, cycles=2, low=0.2, shrink=0.5)
    assert schedule.factor(0) == 0.25  # of the warm-up
    found = [schedule.factor(4 + step) for step in (0, 10, 25, 50, 75, 100, 200)]
    assert found == pytest.approx([0.2, 0.52, 1.0, 0.2, 0.6, 0.2, 0.2])
    schedule.spent = 0.25  # of a time budget
    assert schedule.factor(4) == pytest.approx(1.0)


def test_cycles_keep_their_height_where_nothing_else_is_asked_for() -> None:
    schedule = Cyclic(100, 10, cycles=5)
    assert [schedule.factor(step) for step in (10, 30, 50, 70, 90)] == pytest.approx([1.0] * 5)
    assert [schedule.factor(step) for step in (0, 20, 40, 60, 80)] == pytest.approx([0.1] * 5)


MESSAGES: list[tuple[Any, str]] = [
    (lambda: Plateau(1, 1, factor=1.0), "train.schedule.factor: should be a number above 0 and below 1. Found 1."),
    (
        lambda: Plateau(1, 1, patience=0),
        "train.schedule.patience: should be a number of evaluations, at least 1. Found 0.",
    ),
    (lambda: Plateau(1, 1, end=-1.0), "train.schedule.end: should be a number from 0 to 1. Found -1."),
    (lambda: OneCycle(1, 1, rise=0.0), "train.schedule.rise: should be a number above 0 and below 1. Found 0."),
    (lambda: OneCycle(1, 1, start=2.0), "train.schedule.start: should be a number from 0 to 1. Found 2."),
    (lambda: OneCycle(1, 1, end=2.0), "train.schedule.end: should be a number from 0 to 1. Found 2."),
    (lambda: Cyclic(1, 1, cycles=0), "train.schedule.cycles: should be a number of cycles, at least 1. Found 0."),
    (lambda: Cyclic(1, 1, low=-1.0), "train.schedule.low: should be a number from 0 to 1. Found -1."),
    (lambda: Cyclic(1, 1, shrink=2.0), "train.schedule.shrink: should be a number from 0 to 1. Found 2."),
]


@pytest.mark.parametrize(("build", "message"), MESSAGES)
def test_messages(build: Any, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        build()
    assert str(caught.value) == message


def test_a_fault_has_its_key(tmp_path: Path) -> None:
    with pytest.raises(RecipeError) as caught:
        small_graph(tmp_path, {"schedule": {"type": "plateau", "factor": 2.0}})
    assert [(fault.path, fault.message) for fault in caught.value.faults] == [
        ("train.schedule.factor", "should be a number above 0 and below 1. Found 2.")
    ]
