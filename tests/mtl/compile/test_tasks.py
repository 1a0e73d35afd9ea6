# ruff: noqa: E501  # messages and recipes stand in one piece
from __future__ import annotations

from typing import Any

import pytest

from mtl.compile.loading import recipe_from_text
from mtl.recipe.config import InputConfig, Recipe
from mtl.recipe.filling import filled
from tests.mtl.recipe.texts import ENTAILMENT, INTENT_SLOT, RANKING, changed, faults


def load(text: str, **options: Any) -> Recipe:
    return recipe_from_text(text, name="r.yaml", **options)


def test_inputs_that_are_too_few_or_too_many() -> None:
    assert faults(changed(RANKING, ("      query: {column: query, lowercase: true}\n", ""))) == [
        "r.yaml:9: tasks.relevance.inputs: the task 'text_pair_ranking' should have 2 inputs: the query, then the document. "
        "Found 1: document. Write 'inputs: {query: COLUMN, document: COLUMN}'."
    ]
    assert faults(
        changed(
            RANKING, ("      document: {column", "      title: {column: title, lowercase: 1}\n      document: {column")
        )
    ) == [
        "r.yaml:9: tasks.relevance.inputs: the task 'text_pair_ranking' should have 2 inputs: the query, then the document. "
        "Found 3: query, title, document. Write 'inputs: {query: COLUMN, document: COLUMN}'.",
        "r.yaml:11: tasks.relevance.inputs.title.lowercase: should be true, false or 'ascii'. Found 1.",
    ]
    assert faults(
        changed(ENTAILMENT, ("    inputs: {premise: {column: premise}, hypothesis: {column: hypothesis}}\n", ""))
    ) == [
        "r.yaml:5: tasks.entailment.inputs: the task 'text_pair_classification' should have 2 inputs: the first text, then the "
        "second text. Found no input. Write 'inputs: {first_text: COLUMN, second_text: COLUMN}'."
    ]


def test_an_only_input_may_be_its_column_alone() -> None:
    before = "inputs: {text: {column: text, tokenizer: unicode_words, lowercase: true}}"
    for short in ("inputs: sentence", "inputs: {text: sentence}"):
        recipe = load(changed(INTENT_SLOT, (before, short), (before, short)))
        assert recipe.tasks["intent"].inputs == {"text": InputConfig("sentence")}
        full = "text: {column: sentence, tokenizer: unicode_words, lowercase: false, max_tokens: null"
        assert filled(recipe).count(full) == 2
        assert load(filled(recipe)).tasks["intent"].inputs == recipe.tasks["intent"].inputs
    before = "{premise: {column: premise}, hypothesis: {column: hypothesis}}"
    found = load(changed(ENTAILMENT, (before, "{premise: left, hypothesis: right}"))).tasks["entailment"].inputs
    assert found == {"premise": InputConfig("left"), "hypothesis": InputConfig("right")}


def test_a_question_has_its_answers_where_squad_has_them() -> None:
    text = """sources:
  talk: {format: squad, train: train.json}
tasks:
  ask: {type: question_answering, source: talk}
"""
    task = load(text).tasks["ask"]
    assert task.target == "answers"
    assert {name: given.column for name, given in task.inputs.items()} == {"question": "question", "context": "context"}
    assert load(filled(load(text))).tasks["ask"] == task
    assert load(changed(text, ("source: talk", "source: talk, target: reply"))).tasks["ask"].target == "reply"


WRONG_FORMS = {
    "[text]": "should be a column's name, or inputs with their columns, such as 'inputs: {text: COLUMN}'. Found a list.",
    "3": "should be a column's name, or inputs with their columns, such as 'inputs: {text: COLUMN}'. Found 3.",
    "{column: text, lowercase: true}": (
        "should be a column's name, or inputs with their columns, such as 'inputs: {text: COLUMN}', or the keys of an "
        "input in its place. Found 'column', 'lowercase' alone."
    ),
}


@pytest.mark.parametrize("form", WRONG_FORMS)
def test_inputs_in_a_wrong_form(form: str) -> None:
    before = "inputs: {text: {column: text, tokenizer: unicode_words, lowercase: true}}"
    assert faults(changed(INTENT_SLOT, (before, f"inputs: {form}"))) == [
        f"r.yaml:9: tasks.intent.inputs: {WRONG_FORMS[form]}"
    ]


def test_two_inputs_in_a_wrong_form() -> None:
    before = "    inputs: {premise: {column: premise}, hypothesis: {column: hypothesis}}\n"
    assert faults(changed(ENTAILMENT, (before, "    inputs: text\n"))) == [
        "r.yaml:8: tasks.entailment.inputs: should be inputs with their columns, such as "
        "'inputs: {first_text: COLUMN, second_text: COLUMN}'. Found 'text'."
    ]


def test_a_target_is_left_out_where_the_task_can_do_without() -> None:
    text = changed(RANKING, ("    target: label\n", "    negatives: batch\n"))
    assert load(text).tasks["relevance"].target is None
    assert (
        load(changed(text, ("negatives: batch", "negatives: batch\n    target: null"))).tasks["relevance"].target
        is None
    )
    assert faults(changed(ENTAILMENT, ("    target: label\n", ""))) == [
        "r.yaml:5: tasks.entailment: should have a key 'target', a string. There is none."
    ]
    assert faults(changed(ENTAILMENT, ("target: label", "target: null"))) == [
        "r.yaml:9: tasks.entailment.target: should be a string. Found null."
    ]
    assert faults(changed(RANKING, ("target: label", "target: 3"))) == [
        "r.yaml:12: tasks.relevance.target: should be a string or null. Found 3."
    ]


def test_keys_of_a_ranking() -> None:
    task = load(RANKING, overrides=("tasks.relevance.group=q", "tasks.relevance.candidates=99")).tasks["relevance"]
    assert task.values == {
        "group": "q", "document_id": None, "negative": None, "pool": None, "negatives": "judged", "negative_count": None,
        "candidates": 99, "one_pass": None,
    }  # fmt: skip
    assert task.task.columns() == {"group": "q"}
    assert [metric.type for metric in task.metrics] == ["map", "mrr", "ndcg", "precision", "recall"]
    assert [metric.values.get("at") for metric in task.metrics] == [None, None, 10, 1, 10]


def test_figures_of_a_depth_can_be_selected() -> None:
    assert load(RANKING + "train: {select: {relevance.ndcg@10: 1}}\n").train.select == {"relevance.ndcg@10": 1.0}
    assert faults(RANKING + "train: {select: {relevance.ndcg@5: 1}}\n") == [
        "r.yaml:25: train.select.relevance.ndcg@5: no figure named 'relevance.ndcg@5'. Did you mean 'relevance.ndcg@10'?"
    ]


def test_what_is_wrong_with_a_task_s_own_keys_and_inputs_hides_nothing_else() -> None:
    text = changed(
        RANKING,
        ("max_tokens: 200", "max_tokens: 0"),
        ("scorer: cosine", "scorer: cosin"),
        ("target: label", "target: label\n    negatives: pool"),
        ("hidden: 4", "hiden: 4"),
    )
    assert faults(text) == [
        "r.yaml:6: tasks.relevance: 'negatives: pool' should come with a key 'pool', the column whose equal values are "
        "documents that compete. There is none.",
        "r.yaml:11: tasks.relevance.inputs.document.max_tokens: should be a whole number greater than 0, or null. Found 0.",
        "r.yaml:15: tasks.relevance.model.query.representation: the representation 'bilstm' has no key 'hiden'. "
        "Did you mean 'hidden'?",
        "r.yaml:17: tasks.relevance.model.scorer: no scorer named 'cosin'. Did you mean 'cosine'?",
    ]


def test_an_input_that_is_called_as_a_module_of_its_own_task() -> None:
    text = changed(
        RANKING,
        ("      document: {column", "      scorer: {column"),
        ("      document: {pooling: max}\n      scorer: cosine\n", "      scorer: {pooling: max}\n"),
        ("relevance.document.embedding", "relevance.scorer.embedding"),
        ("relevance.document.representation", "relevance.scorer.representation"),
    )
    assert faults(text) == [
        "r.yaml:11: tasks.relevance.inputs.scorer: an input should not be named like a module. Found 'scorer'."
    ]


def test_modules_under_a_misspelled_input() -> None:
    assert faults(changed(RANKING, ("document: {pooling", "documnet: {pooling"))) == [
        "r.yaml:15: tasks.relevance.model: the task 'text_pair_ranking' has no module 'documnet'. Did you mean 'document'?"
    ]
    assert faults(changed(RANKING, ("document: {pooling: max}", "document: max"))) == [
        "r.yaml:15: tasks.relevance.model.document: should be a mapping of modules. Found 'max'."
    ]


def test_a_group_with_a_misspelled_member_is_not_told_to_be_configured() -> None:
    assert faults(changed(RANKING, ("towers: [relevance.query.", "towers: [relevance.qery."))) == [
        "r.yaml:24: share.towers: 'relevance.qery.representation' is not a module. "
        "Did you mean 'relevance.query.representation'?"
    ]
