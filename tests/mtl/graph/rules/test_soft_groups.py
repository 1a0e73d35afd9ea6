# ruff: noqa: E501  # messages and recipes stand in one piece
"""Soft groups in the graph: modules of their own, pulled once, reading alike; tasks that they join."""

from __future__ import annotations

from mtl.graph import rules as graph_rules
from tests.mtl.recipe.texts import ALTERNATING, INTENT_SLOT, changed, faults, graph, warnings

SOFT = changed(
    ALTERNATING,
    ('  words: "*.embedding"', '  words: {kind: soft, strength: 1, members: "*.embedding"}'),
    ('  encoder: ["*.representation"]', '  encoder: {kind: soft, strength: 0.1, members: ["*.representation"]}'),
)


def test_tasks_that_are_pulled_together_share_something() -> None:
    assert warnings(SOFT) == []


def test_a_soft_group_of_one() -> None:
    assert warnings(ALTERNATING + "  end: {kind: soft, strength: 1, members: [slots.decoder]}\n") == [
        "r.yaml:23: share.end: holds one module, 'slots.decoder': nothing will be shared by it."
    ]


def test_members_are_modules_of_their_own() -> None:
    more = "  more: {kind: soft, strength: 1, members: [intent.embedding.char, slots.embedding.char]}\n"
    assert faults(INTENT_SLOT + more) == [
        "r.yaml:32: share.more: members of a soft group should be modules of their own. Found one that is tied: intent.embedding.char = slots.embedding.char."
    ]


def test_a_component_is_pulled_in_one_group_only() -> None:
    soft = "{kind: soft, strength: 1, members: "
    text = changed(INTENT_SLOT, ("[intent.embedding, slots.embedding]", f"{soft}[intent.embedding, slots.embedding]}}"))
    assert faults(text + f"  more: {soft}[intent.embedding.char, slots.embedding.char]}}\n") == [
        "r.yaml:32: share.more: 'intent.embedding.char' should be pulled in one group only. Found it in 'words.char' and 'more'.",
        "r.yaml:32: share.more: 'slots.embedding.char' should be pulled in one group only. Found it in 'words.char' and 'more'.",
    ]


def test_embeddings_that_are_pulled_together_read_the_same_tokens() -> None:
    assert faults(changed(SOFT, ("{column: words, tokenizer: whitespace}", "{column: words, lowercase: true}"))) == [
        "r.yaml:21: share.words: embeddings that are pulled together should read the same tokens. Found whitespace at "
        "'slots.embedding'; unicode_words, lowercase at 'chunks.embedding'. Write 'tokenizer: whitespace, "
        "lowercase: false' in both tasks.slots.inputs.text and tasks.chunks.inputs.text, or 'tokenizer: unicode_words, "
        "lowercase: true' in both."
    ]


def test_decoders_that_are_pulled_together_have_one_label_set() -> None:
    found = graph(SOFT + "  decoders: {kind: soft, strength: 1, members: ['*.decoder']}\n")
    labels = {"slots": ["B", "O"], "chunks": ["I", "O"]}
    assert [str(fault) for fault in graph_rules.tied_label_sets(found, labels)] == [
        "r.yaml:23: share.decoders: tasks whose decoders are pulled together should have the same labels in training. Found 'B' in 'slots' alone and 'I' in 'chunks' alone."
    ]
    assert list(graph_rules.tied_label_sets(found, {"slots": ["B", "O"], "chunks": ["B", "O"]})) == []
