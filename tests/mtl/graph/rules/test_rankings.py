# ruff: noqa: E501  # messages and recipes stand in one piece
"""What tasks on judged pairs need, by recipes that lack it."""

from __future__ import annotations

import pytest

from mtl.base import registry
from mtl.base.registry import Address
from mtl.model.module import Scorer
from tests.mtl.recipe.texts import RANKING, changed, faults


class Conditioned(Scorer):
    """A scorer with a condition, which no shipped one has."""

    def __init__(self, input_dims: tuple[int, ...], *, condition: Address | None = None) -> None:
        super().__init__()


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._classes["scorer"], "fake_conditioned", Conditioned)


def test_a_ranking_has_a_source_of_its_own() -> None:
    text = changed(
        RANKING,
        (
            "    source: questions\n    inputs: {text: {column: text",
            "    source: qa\n    inputs: {text: {column: query",
        ),
    )
    assert faults(text) == [
        "r.yaml:6: tasks.relevance: should be the only task of its source, whose batches are made of whole queries. "
        "Found 'question' on 'qa' too: name the source again under another name."
    ]


def test_rankings_have_negatives() -> None:
    text = changed(RANKING, ("    target: label\n", ""))
    assert faults(text) == [
        "r.yaml:6: tasks.relevance: should have documents that rank below others: without a 'target' every row is a positive. "
        "There are none: write 'negatives: batch', 'negatives: pool', or 'negative', the column of a negative document."
    ]
    assert faults(text, "tasks.relevance.negative=other") == []
    assert faults(text, "tasks.relevance.negatives=batch") == []
    assert faults(text, "tasks.relevance.negatives=pool", "tasks.relevance.pool=article") == []


def test_drawn_negatives_are_there_where_they_are_needed() -> None:
    text = changed(RANKING, ("scorer: cosine", "scorer: cosine\n      output: in_batch_softmax"))
    assert faults(text) == [
        "r.yaml:17: tasks.relevance.model.output: the output 'in_batch_softmax' should be of a task with 'negatives: batch' "
        "or 'negatives: pool'. Found 'relevance', whose negatives are those that rows judge."
    ]
    assert faults(text, "tasks.relevance.negatives=batch") == []
    assert faults(text, "tasks.relevance.negatives=pool", "tasks.relevance.pool=article") == []


def test_conditions_do_not_come_from_rankings() -> None:
    text = changed(
        RANKING, ("    target: kind\n", "    target: kind\n    model: {decoder: {condition: relevance.output}}\n")
    )
    assert faults(text) == [
        "r.yaml:22: tasks.question.model.decoder.condition: should come from a task on single texts or on lists of them. "
        "Found 'relevance', which predicts grades [B] of judged pairs."
    ]


@pytest.mark.usefixtures("fakes")
def test_rankings_take_no_conditions() -> None:
    text = changed(RANKING, ("scorer: cosine", "scorer: {type: fake_conditioned, condition: question.output}"))
    assert faults(text) == [
        "r.yaml:16: tasks.relevance.model.scorer.condition: a task on judged pairs should take no conditions. "
        "Found 'question.output' at 'relevance.scorer'."
    ]
