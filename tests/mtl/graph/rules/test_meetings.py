# ruff: noqa: E501  # messages and recipes stand in one piece
"""Texts that meet in the wrong form, or are one text."""

from __future__ import annotations

import pytest

from mtl.base import registry
from mtl.model.module import Scorer
from tests.mtl.recipe.texts import ENTAILMENT, RANKING, changed, faults


class Either(Scorer):
    """A scorer that takes vectors and tokens alike."""

    pooled = None

    def __init__(self, input_dims: tuple[int, ...]) -> None:
        super().__init__()


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._classes["scorer"], "fake_either", Either)


def test_texts_of_a_pair_differ() -> None:
    assert faults(RANKING, "tasks.relevance.inputs.document.column=query") == [
        "r.yaml:11: tasks.relevance.inputs.document: should read another column than the input 'query'. Found 'query' at both."
    ]
    assert faults(ENTAILMENT, "tasks.entailment.inputs.premise.column=hypothesis") == [
        "r.yaml:8: tasks.entailment.inputs.hypothesis: should read another column than the input 'premise'. Found 'hypothesis' at both."
    ]


@pytest.mark.parametrize("scorer", ["dot", "cosine", "bilinear", "mlp"])
def test_scorers_of_vectors_get_vectors(scorer: str) -> None:
    text = changed(RANKING, ("scorer: cosine", f"scorer: {scorer}"), ("      document: {pooling: max}\n", ""))
    assert faults(text) == [
        f"r.yaml:15: tasks.relevance.model.scorer: the scorer '{scorer}' should get one vector per text. "
        "Found tokens of 'document.representation': write 'document.pooling'."
    ]
    assert faults(changed(text, (", pooling: max}", "}"))) == [
        f"r.yaml:15: tasks.relevance.model.scorer: the scorer '{scorer}' should get one vector per text. "
        "Found tokens of 'query.representation' and 'document.representation': write 'query.pooling' and 'document.pooling'."
    ]


def test_scorers_of_tokens_get_tokens() -> None:
    text = changed(RANKING, ("scorer: cosine", "scorer: interaction"))
    assert faults(text) == [
        "r.yaml:16: tasks.relevance.model.scorer: the scorer 'interaction' should get the tokens of each text. "
        "Found pooled ones: write null for 'query.pooling' and 'document.pooling'."
    ]
    assert faults(changed(text, (", pooling: max}", ", pooling: null}"))) == [
        "r.yaml:16: tasks.relevance.model.scorer: the scorer 'interaction' should get the tokens of each text. "
        "Found pooled ones: write null for 'document.pooling'."
    ]
    assert faults(changed(text, (", pooling: max}", "}"), ("{pooling: max}", "{pooling: null}"))) == []


def test_matchings_of_vectors_get_vectors() -> None:
    text = changed(ENTAILMENT, ("      decoder:", "      hypothesis: {pooling: null}\n      decoder:"))
    assert faults(text) == [
        "r.yaml:10: tasks.entailment.model.matching: the matching 'comparison' should get one vector per text. "
        "Found tokens of 'hypothesis.representation': write 'hypothesis.pooling'."
    ]


@pytest.mark.usefixtures("fakes")
def test_a_scorer_may_take_both() -> None:
    text = changed(RANKING, ("scorer: cosine", "scorer: fake_either"))
    assert faults(text) == []
    assert faults(changed(text, (", pooling: max}", "}"))) == []


QUESTIONS = """\
name: questions
sources:
  passages: {format: jsonl, train: train.jsonl}
tasks:
  answer:
    type: question_answering
    source: passages
    inputs: {question: question, context: context}
    target: answer
    model: MODEL
"""


@pytest.mark.parametrize("part", ["representation", "embedding"])
def test_a_decoder_of_one_text_gets_the_question_as_a_vector(part: str) -> None:
    below = "question: {representation: bilstm}, " if part == "representation" else ""
    assert faults(QUESTIONS.replace("MODEL", f"{{{below}decoder: mlp}}")) == [
        "r.yaml:10: tasks.answer.model.decoder: the decoder 'mlp' should get one vector of a text beside another. Found the tokens of "
        f"'question.{part}': write 'question.pooling', or a decoder that takes the tokens of two texts, such as 'attention_flow'."
    ]
    assert faults(QUESTIONS.replace("MODEL", "{question: {pooling: max}, decoder: mlp}")) == []
    assert faults(QUESTIONS.replace("MODEL", "{decoder: attention_flow}")) == []
