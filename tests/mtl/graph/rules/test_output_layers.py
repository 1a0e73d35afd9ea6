# ruff: noqa: E501  # messages and recipes stand in one piece
"""Output layers that are made for something else than their task predicts."""

from __future__ import annotations

from tests.mtl.recipe.texts import ENTAILMENT, INTENT_SLOT, RANKING, faults


def test_an_output_is_for_what_its_task_predicts() -> None:
    assert faults(INTENT_SLOT, "tasks.intent.model.output=crf") == [
        "--set tasks.intent.model.output=crf: tasks.intent.model.output: should be an output for labels [B], which the task 'intent' predicts. "
        "Found 'crf', one for labels [B, T] or [B, U]."
    ]
    assert faults(INTENT_SLOT, "tasks.slots.model.output=softmax") == []


def test_a_ranking_ends_in_a_ranking_output_and_nothing_else_does() -> None:
    assert faults(RANKING, "tasks.relevance.model.output=softmax") == [
        "--set tasks.relevance.model.output=softmax: tasks.relevance.model.output: should be an output for grades [B], "
        "which the task 'relevance' predicts. Found 'softmax', one for labels [B], [B, T] or [B, U]."
    ]
    assert faults(ENTAILMENT, "tasks.entailment.model.output=pairwise_hinge") == [
        "--set tasks.entailment.model.output=pairwise_hinge: tasks.entailment.model.output: should be an output for labels [B], "
        "which the task 'entailment' predicts. Found 'pairwise_hinge', one for grades [B]."
    ]
