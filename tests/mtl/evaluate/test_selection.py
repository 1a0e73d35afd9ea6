"""Selection by a weighted metric, patience, and messages."""

from __future__ import annotations

import json

import pytest

from mtl.base.errors import TrainingError, UsageError
from mtl.evaluate.selection import Selection, selecting, selection


def add(selection: Selection, f1: float, accuracy: float = 0.0) -> tuple[float, bool]:
    return selection.add({"slots": {"f1": f1}, "intent": {"accuracy": accuracy}})


def test_the_score_is_a_weighted_mean() -> None:
    selection = Selection({"slots.f1": 3.0, "intent.accuracy": 1.0}, None)
    assert add(selection, 0.5, 0.9) == (pytest.approx(0.6), True)


def test_only_more_is_an_improvement() -> None:
    selection = Selection({"slots.f1": 1.0}, 2)
    assert [add(selection, f1)[1] for f1 in (0.5, 0.5, 0.6, 0.4)] == [True, False, True, False]
    assert (selection.left, selection.exhausted) == (1, False)
    add(selection, 0.6)
    assert (selection.left, selection.exhausted) == (0, True)


def test_without_patience_it_never_ends() -> None:
    selection = Selection({"slots.f1": 1.0}, None)
    for _ in range(50):
        add(selection, 0.1)
    assert (selection.left, selection.exhausted) == (None, False)


def test_state_resumes() -> None:
    selection = Selection({"slots.f1": 1.0}, 2)
    add(selection, 0.5)
    add(selection, 0.4)
    other = Selection({"slots.f1": 1.0}, 2)
    other.load_state(json.loads(json.dumps(selection.state())))
    assert add(other, 0.45)[1] is False
    assert other.exhausted


FIGURES = {"slots.f1": True, "slots.accuracy": True, "intent.error": False, "joint.exact_match": True}


def test_default_is_every_tasks_first_figure() -> None:
    assert selecting({}, FIGURES, ["slots.f1", "intent.error"]) == {"slots.f1": 1.0, "intent.error": -1.0}
    assert selecting({"joint.exact_match": 2.0}, FIGURES, ["slots.f1"]) == {"joint.exact_match": 2.0}


def test_messages() -> None:
    with pytest.raises(UsageError) as caught:
        selecting({"slots.f2": 1.0}, FIGURES, [])
    assert str(caught.value) == (
        "train.select: 'slots.f2' should be a metric that the dev split gives: intent.error, joint.exact_match, "
        "slots.accuracy, slots.f1. Did you mean 'slots.f1'?"
    )
    with pytest.raises(UsageError) as caught:
        selecting({"slots.f1": 0.0}, FIGURES, [])
    assert str(caught.value) == "train.select: should give a metric a weight other than 0. It gives none."
    with pytest.raises(TrainingError) as failed:
        add(Selection({"slots.f1": 1.0}, None), float("nan"))
    assert str(failed.value) == (
        "train.select: 'slots.f1' should have a value on the dev split. Found nan. Write a 'select' without it, or "
        "give dev rows from which it can be computed."
    )
    with pytest.raises(TrainingError) as failed:
        add(Selection({"slots.f1": 1.0}, None), float("inf"))
    assert str(failed.value) == (
        "train.select: 'slots.f1' should have a value on the dev split. Found inf. Write a 'select' without it."
    )


def test_a_weight_says_how_much_a_figure_counts_and_the_metric_what_is_better() -> None:
    assert selecting({"intent.error": 0.5, "slots.f1": 2.0}, FIGURES, []) == {"intent.error": -0.5, "slots.f1": 2.0}


def test_without_a_dev_split_nothing_can_be_selected_by() -> None:
    assert selection({}, None, {}, []) is None
    message = "should come with a dev split of a source with labels. There is none: add one, or leave"
    for declared, patience, key in (({"slots.f1": 1.0}, None, "select"), ({}, 3, "patience")):
        with pytest.raises(UsageError) as caught:
            selection(declared, patience, {}, [])
        assert str(caught.value) == f"train.{key}: {message} '{key}' out."
    found = selection({}, 3, FIGURES, ["slots.f1"])
    assert found is not None
    assert (found.weights, found.patience) == ({"slots.f1": 1.0}, 3)


def test_figures_of_tasks_that_are_not_trained_select_nothing_unless_they_are_declared() -> None:
    assert selection({}, None, {"old.f1": True}, []) is None
    assert selection({"old.f1": 1.0}, None, {"old.f1": True}, []) is not None
