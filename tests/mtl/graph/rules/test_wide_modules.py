"""Encoders that are whole or left out, and what wide modules that are tied have in common."""

from __future__ import annotations

import pytest

from mtl.compile.loading import recipe_from_text
from mtl.graph import rules as graph_rules
from mtl.runs.check import check_recipe
from tests.mtl.recipe.texts import changed, faults, graph

TASKS = """\
name: topics
sources:
  texts: {format: tsv, train: train.tsv}
  words: {format: tsv, train: words.tsv}
tasks:
  topic:
    type: text_classification
    source: texts
    inputs: text
    target: topic
    model: {MODEL}
  emotion:
    type: multi_label_classification
    source: words
    inputs: {text: {column: text}, age: {column: age, tokenizer: number}}
    target: emotion
    model: {wide: ngrams}
"""
NONE = "embedding: null, pooling: null, decoder: null"


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("", None),
        ("wide: ngrams", None),
        (f"{NONE}, wide: ngrams", None),
        (
            NONE,
            "should have 'embedding', 'pooling' and 'decoder', or 'wide' in their place. Found no 'embedding', "
            "'pooling' or 'decoder', and no 'wide'.",
        ),
        (
            "pooling: null",
            "should have 'embedding', 'pooling' and 'decoder', or 'wide' in their place. Found no 'pooling', and no "
            "'wide'.",
        ),
        (
            "embedding: null, representation: bilstm, pooling: null, decoder: null, wide: ngrams",
            "should have 'embedding', 'pooling' and 'decoder' beside 'wide', or none of them. Found 'representation' "
            "without 'embedding', 'pooling' or 'decoder': leave it out, too, or write all of them.",
        ),
        (
            "pooling: null, wide: ngrams",
            "should have 'embedding', 'pooling' and 'decoder' beside 'wide', or none of them. Found 'embedding' and "
            "'decoder' without 'pooling': leave them out, too, or write it.",
        ),
    ],
)
def test_encoders_are_whole_or_left_out(model: str, message: str | None) -> None:
    text = TASKS.replace("MODEL", model)
    assert faults(text) == ([] if message is None else [f"r.yaml:6: tasks.topic: {message}"])
    if message is None:
        check_recipe(recipe_from_text(text))  # which builds the modules, and computes a batch


def test_values_beside_a_text_need_its_encoder() -> None:
    text = TASKS.replace("MODEL", "").replace("model: {wide: ngrams}", f"model: {{wide: ngrams, {NONE}}}")
    assert faults(text) == [
        "r.yaml:12: tasks.emotion: should have 'embedding', 'pooling' and 'decoder' beside 'wide', or none of them. "
        "Found 'age.embedding' and 'age.pooling' without 'embedding', 'pooling' or 'decoder': leave them out, too, or "
        "write all of them."
    ]


def test_what_flows_into_a_wide_module() -> None:
    found = graph(TASKS.replace("MODEL", "wide: ngrams"))
    assert sorted(found.graph.predecessors("topic.output")) == ["topic.wide"]
    assert "topic.decoder" in found.graph.predecessors("topic.wide")
    alone = graph(TASKS.replace("MODEL", f"{NONE}, wide: ngrams"))
    assert alone.path("topic") == {"topic.wide", "topic.output"}
    without = graph(TASKS.replace("MODEL", "wide: null"))
    assert sorted(without.graph.predecessors("topic.output")) == ["topic.decoder"]


def test_tied_wide_modules_read_the_same_tokens() -> None:
    text = changed(
        TASKS.replace("MODEL", "wide: ngrams"),
        ("text: {column: text}, age", "text: {column: text, lowercase: true}, age"),
    )
    assert faults(text + "share: {ngrams: '*.wide'}\n") == [
        "r.yaml:18: share.ngrams: tied wide modules should read the same tokens. Found unicode_words at 'topic.wide'; "
        "unicode_words, lowercase at 'emotion.wide'. Write 'lowercase: false' in both tasks.topic.inputs.text and "
        "tasks.emotion.inputs.text, or 'lowercase: true' in both."
    ]
    assert faults(text + "share: {ngrams: {kind: soft, strength: 0.1, members: '*.wide'}}\n") == [
        "r.yaml:18: share.ngrams: wide modules that are pulled together should read the same tokens. Found "
        "unicode_words at 'topic.wide'; unicode_words, lowercase at 'emotion.wide'. Write 'lowercase: false' in both "
        "tasks.topic.inputs.text and tasks.emotion.inputs.text, or 'lowercase: true' in both."
    ]


def test_a_tied_wide_module_has_one_label_set() -> None:
    tied = graph(TASKS.replace("MODEL", "wide: ngrams") + "share: {ngrams: '*.wide'}\n")
    found = graph_rules.tied_label_sets(tied, {"topic": ["a", "b"], "emotion": ["b"]})
    assert [str(fault) for fault in found] == [
        "r.yaml:18: share.ngrams: tasks with one wide module should have the same labels in training. "
        "Found 'a' in 'topic' alone."
    ]
