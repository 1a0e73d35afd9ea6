# ruff: noqa: E501  # messages and recipes stand in one piece
"""Each rule of tasks on two texts by a recipe that breaks it."""

from __future__ import annotations

from typing import Any

import pytest

from mtl.base import registry
from mtl.base.registry import Address
from mtl.data.fitted import Fitted
from mtl.graph import rules as graph_rules
from mtl.model.module import Scorer
from mtl.model.multi_task import MultiTaskModel
from tests.mtl.recipe.texts import ENTAILMENT, RANKING, changed, faults, graph

LEXICAL = ("document: {pooling: max}", "document: {pooling: max, lexical: lexical}")
BOTH_LEXICAL = (("representation: {type: bilstm, hidden: 4}, pooling: max}", "representation: {type: bilstm, hidden: 4}, pooling: max, lexical: lexical}"), LEXICAL)  # fmt: skip


class Conditioned(Scorer):
    """A scorer with a condition, which no shipped one has."""

    def __init__(self, input_dims: tuple[int, ...], *, condition: Address | None = None) -> None:
        super().__init__()


class Either(Scorer):
    """A scorer that takes vectors and tokens alike."""

    pooled = None

    def __init__(self, input_dims: tuple[int, ...]) -> None:
        super().__init__()


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    classes: dict[str, Any] = {"fake_conditioned": Conditioned, "fake_either": Either}
    for name, cls in classes.items():
        monkeypatch.setitem(registry._classes["scorer"], name, cls)


def warnings(text: str, *overrides: str) -> list[str]:
    return [str(fault) for fault in graph(text, *overrides).warnings]


@pytest.mark.parametrize("text", [RANKING, ENTAILMENT])
def test_every_rule_and_warning_is_quiet_about_a_good_recipe(text: str) -> None:
    assert faults(text) == []
    assert warnings(text) == []


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


def test_side_branches_stand_at_every_text() -> None:
    text = changed(RANKING, ("scorer: cosine", "scorer: mlp"), LEXICAL)
    assert faults(text) == [
        "r.yaml:15: tasks.relevance.model.document.lexical: every text should have a module 'lexical', or none. "
        "Found 'document.lexical' and no 'query.lexical'."
    ]
    assert faults(text + "  lexicon: '*.*.lexical'\n") == []


def test_side_branches_are_taken() -> None:
    assert faults(changed(RANKING, *BOTH_LEXICAL)) == [
        "r.yaml:16: tasks.relevance.model.scorer: the scorer 'cosine' should get the two texts alone. "
        "Found 'query.lexical' and 'document.lexical' beside them: leave them out."
    ]
    assert faults(changed(RANKING, LEXICAL)) == [
        "r.yaml:15: tasks.relevance.model.document.lexical: every text should have a module 'lexical', or none. "
        "Found 'document.lexical' and no 'query.lexical'.",
        "r.yaml:16: tasks.relevance.model.scorer: the scorer 'cosine' should get the two texts alone. "
        "Found 'document.lexical' beside them: leave it out.",
    ]
    assert faults(changed(RANKING, ("scorer: cosine", "scorer: mlp"), *BOTH_LEXICAL)) == []


def test_side_branches_that_read_differently() -> None:
    text = changed(
        RANKING,
        ("scorer: cosine", "scorer: mlp"),
        *BOTH_LEXICAL,
        ("document: {pooling", "document: {embedding: {type: word, dim: 8}, pooling"),
        ("relevance.query.embedding, relevance.document.embedding, question", "relevance.query.embedding, question"),
    )
    assert warnings(text, "tasks.relevance.inputs.document.lowercase=false") == [
        "r.yaml:24: share.towers: is tied, but its embeddings are not: it will have to learn the vectors of 'words' and "
        "'relevance.document.embedding' at once.",
        "r.yaml:16: tasks.relevance.model.scorer: compares 'query.lexical' and 'document.lexical', which read their texts "
        "differently: equal words will not be found equal.",
    ]


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
        "Found none: write 'negatives: batch', 'negatives: pool', or 'negative', the column of a negative document."
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


def test_a_ranking_ends_in_a_ranking_output_and_nothing_else_does() -> None:
    assert faults(RANKING, "tasks.relevance.model.output=softmax") == [
        "--set tasks.relevance.model.output=softmax: tasks.relevance.model.output: should be an output for grades [B], "
        "which the task 'relevance' predicts. Found 'softmax', one for labels [B], [B, T] or [B, U]."
    ]
    assert faults(ENTAILMENT, "tasks.entailment.model.output=pairwise_hinge") == [
        "--set tasks.entailment.model.output=pairwise_hinge: tasks.entailment.model.output: should be an output for labels [B], "
        "which the task 'entailment' predicts. Found 'pairwise_hinge', one for grades [B]."
    ]


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


def test_tied_ranking_outputs_may_have_different_grades() -> None:
    text = changed(
        RANKING,
        ("share:", "  clicks: {type: text_pair_ranking, source: questions2, inputs: {query: {column: query, lowercase: true}, document: {column: d, lowercase: true}}, target: t, model: {query: {pooling: max}, document: {pooling: max}}}\nshare:\n  scores: ['*.scorer']\n  ends: [relevance.output, clicks.output]"),
        ("tasks:", "  questions2: {format: tsv, train: q.tsv}\ntasks:"),
        ("towers: [", "towers: [clicks.query.representation, clicks.document.representation, "),
        ("words: [", "words: [clicks.query.embedding, clicks.document.embedding, "),
    )  # fmt: skip
    found = graph(text)
    assert found.component_of("clicks.output") == "ends"
    fitted = Fitted.placeholder(found)
    for task, grades in (("relevance", ["0", "1"]), ("clicks", ["0", "7"])):
        for grade in grades:
            fitted.targets[task].count(grade)
    names = {task: target.names() for task, target in fitted.targets.items()}
    assert list(graph_rules.tied_label_sets(found, names)) == []
    model = MultiTaskModel(found, fitted)
    assert model["clicks.output"] is model["relevance.output"]
