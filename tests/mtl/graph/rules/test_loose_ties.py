# ruff: noqa: E501  # messages and recipes stand in one piece
"""Groups that share nothing, or less than it seems."""

from __future__ import annotations

from tests.mtl.recipe.texts import ALTERNATING, INTENT_SLOT, changed, warnings


def test_a_group_of_one() -> None:
    assert warnings(INTENT_SLOT + "  end: [slots.output]\n") == [
        "r.yaml:32: share.end: holds one module, 'slots.output': nothing will be shared by it."
    ]


def test_a_task_tied_to_nothing() -> None:
    text = changed(
        INTENT_SLOT, ("share:", "  topic: {type: text_classification, source: utterances, target: topic}\nshare:")
    )
    assert warnings(text) == [
        "r.yaml:29: tasks.topic: is tied to no other task: it will be trained alongside and share nothing."
    ]


def test_a_task_tied_by_a_condition_alone_is_tied() -> None:
    text = changed(
        INTENT_SLOT,
        (
            "share:",
            "  topic: {type: text_classification, source: utterances, inputs: {text: {column: text}}, target: topic, model: {decoder: {condition: slots.output}}}\nshare:",
        ),
    )
    assert warnings(text) == []


def test_a_tied_representation_over_untied_embeddings() -> None:
    text = changed(
        ALTERNATING,
        ('  words: "*.embedding"\n', ""),
        ("    model:\nshare", "    model: {embedding: {type: word, dim: 10}}\nshare"),
    )
    assert warnings(text) == [
        "r.yaml:21: share.encoder: is tied, but its embeddings are not: it will have to learn the vectors of "
        "'slots.embedding' and 'chunks.embedding' at once."
    ]
