"""Streams at rest: when they rest, are woken and end training; messages."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtl.base.errors import RecipeError, UsageError
from mtl.base.progress import StepReport, StreamReport
from mtl.cli.progress import event
from mtl.recipe.training import RestConfig, TrainingStream
from mtl.train.rest import Change, Rest
from tests.mtl.small_run import small_graph, small_trainer

STREAMS = (TrainingStream("words", 9, 3, ("pos",), {"pos.accuracy": True}),)


def test_it_rests_and_is_woken() -> None:
    rest = Rest(RestConfig(patience=2, tolerance=0.1), STREAMS)
    found = [rest.add({"pos": {"accuracy": value}}, ()) for value in (0.5, 0.8, 0.8, 0.7, 0.7, 0.6, 0.7)]
    assert found == [
        [],
        [],
        [],
        [Change("words", "rests", "no dev figure of its tasks was better than its best in the last 2 evaluations")],
        [],  # as low as when the rest began
        [Change("words", "woken", "pos.accuracy is 0.6000, more than 0.1 of its best below that best, 0.8000")],
        [],
    ]


@pytest.mark.parametrize("step", ["stream", "all", 2])
def test_training_ends_when_all_rest(tmp_path: Path, step: str | int) -> None:
    train = {"rest": {"patience": 1, "tolerance": 5.0}, "evaluate_every": 2, "epochs": 90, "step": step}
    trainer = small_trainer(tmp_path, {**train, "optimizer": {"type": "sgd", "lr": 1e-9}})
    reports = list(trainer.train())
    assert trainer.step == 4  # nothing is learned between the first and the second evaluation
    changes = [report for report in reports if isinstance(report, StreamReport)]
    why = "no dev figure of its tasks was better than its best in the last evaluation"
    assert [event(report) for report in changes] == [
        f"step 4/{trainer.steps}, epoch 1  {name} rests: {why}" for name in ("utterances", "words")
    ]
    assert changes[0].record()["event"] == "stream"


def test_a_source_has_a_number_of_draws(tmp_path: Path) -> None:
    trainer = small_trainer(tmp_path, {"streams": {"words": {"steps": 2, "batch": {"size": 3}}}, "max_steps": 8})
    reports = list(trainer.train())
    steps = [report for report in reports if isinstance(report, StepReport)]
    assert [report.source for report in steps] == ["utterances", "words"] * 2 + ["utterances"] * 4
    assert {name: len(feed) for name, feed in trainer.draws.feeds.items()} == {"utterances": 5, "words": 7}
    assert [event(report) for report in reports if isinstance(report, StreamReport)] == [
        "step 4/8, epoch 1  words is drawn no more: it has had its 2 draws (train.streams.words.steps)"
    ]


def test_rest_without_dev(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        small_trainer(tmp_path, {"rest": {"patience": 1}}, dev=False)
    assert str(caught.value) == (
        "train.rest: should come with a dev split of a source with labels. There is none: add one, or leave 'rest' out."
    )


def test_a_source_that_is_misspelled(tmp_path: Path) -> None:
    with pytest.raises(RecipeError) as caught:
        small_graph(tmp_path, {"streams": {"word": {"steps": 2}}})
    assert str(caught.value.faults[0].message) == (
        "'word' should be a source that a task trains on: utterances, words. Did you mean 'words'?"
    )
