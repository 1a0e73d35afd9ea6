"""Adaptive mixtures: rates from given figures and losses, and messages."""

from __future__ import annotations

from typing import Any

import pytest

from mtl.base.errors import UsageError
from mtl.train.adaptive_mixture import Adaptive, Gap, Progress
from mtl.train.mixture import TrainingStream

STREAMS = (
    TrainingStream("words", 1000, 40, ("pos",), {"pos.accuracy": True}),
    TrainingStream("people", 10, 2, ("age",), {"age.rmse": False}),
)


def figures(accuracy: float, rmse: float) -> dict[str, dict[str, float]]:
    return {"pos": {"accuracy": accuracy}, "age": {"rmse": rmse}}


def test_gap_by_given_bests() -> None:
    mixture = Gap(STREAMS, 1, 5, best={"pos.accuracy": 0.8, "age.rmse": 3.0}, explore=0.2)
    assert mixture.weights() == [0.5, 0.5]
    mixture.evaluated(figures(0.6, 12.0))  # gaps of .25 and .75
    assert mixture.weights() == pytest.approx([0.1 + 0.8 * 0.25, 0.1 + 0.8 * 0.75])
    mixture.temperature = 0.5
    assert mixture.weights() == pytest.approx([0.1 + 0.8 * 0.1, 0.1 + 0.8 * 0.9])
    mixture.evaluated(figures(0.9, 12.0))
    assert mixture.weights() == pytest.approx([0.1, 0.9])


def test_gap_by_their_own_best() -> None:
    mixture = Gap(STREAMS, 1, 5, explore=0.2)
    mixture.evaluated(figures(0.8, 3.0))
    assert mixture.weights() == [0.5, 0.5]
    mixture.evaluated(figures(0.6, 4.0))
    assert mixture.weights() == pytest.approx([0.5, 0.5])
    mixture.evaluated(figures(0.6, 2.0))
    assert mixture.weights() == pytest.approx([0.9, 0.1])


def test_progress_by_score_counts_steps() -> None:
    mixture = Progress(STREAMS, 1, 5, smoothing=0.5, explore=0.2)
    mixture.evaluated(figures(0.4, 8.0))
    mixture.steps = {"words": 1, "people": 3}
    mixture.evaluated(figures(0.8, 4.0))  # both gain a half, in one step and in three
    assert mixture.weights() == pytest.approx([0.1 + 0.8 * 0.75, 0.1 + 0.8 * 0.25])
    mixture.steps = {"words": 1, "people": 1}
    mixture.evaluated(figures(0.4, 4.0))  # a loss of a half, after a gain of as much
    assert mixture.gains["words"] == 0.0
    assert mixture.weights() == pytest.approx([0.1, 0.9])


def test_progress_by_loss() -> None:
    mixture = Progress(STREAMS, 1, 5, by="loss", explore=0.5)
    for losses in ([4.0, 2.0], [1.5, 1.5]):  # means of 3 and 1.5, and no change
        mixture.steps = {"words": 2, "people": 2}
        for loss in losses:
            mixture.stepped({"pos": loss})
            mixture.stepped({"age": 1.0})
        mixture.evaluated(figures(0.0, 0.0))
    assert mixture.gains == {"words": 0.25, "people": 0.0}
    assert mixture.weights() == [0.75, 0.25]


@pytest.mark.parametrize(
    ("cls", "values", "message"),
    [
        (Gap, {"explore": 0.0}, "train.mixture.explore: should be a number above 0 and of at most 1. Found 0."),
        (Gap, {"temperature": 0.0}, "train.mixture.temperature: should be a number above 0. Found 0."),
        (
            Gap,
            {"best": {"pos.acuracy": 1.0}},
            "train.mixture.best: 'pos.acuracy' should be a figure that the dev split gives: age.rmse, pos.accuracy. "
            "Did you mean 'pos.accuracy'?",
        ),
        (
            Gap,
            {"best": {"pos.accuracy": 0.0}},
            "train.mixture.best: 'pos.accuracy' should be a number above 0. Found 0.",
        ),
        (Progress, {"smoothing": 1.0}, "train.mixture.smoothing: should be a number from 0 to below 1. Found 1."),
    ],
)
def test_messages(cls: type[Adaptive], values: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        cls(STREAMS, 1, 5, **values)
    assert str(caught.value) == message


def test_a_source_without_figures() -> None:
    with pytest.raises(UsageError) as caught:
        Progress((TrainingStream("words", 3, 1, ("pos",)),), 1, 5)
    assert str(caught.value) == (
        "train.mixture: source 'words' should have a dev split with labels, for its rate to follow the figures there. "
        "There is none."
    )
