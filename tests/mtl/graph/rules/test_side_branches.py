# ruff: noqa: E501  # messages and recipes stand in one piece
"""Side branches that lack a counterpart, are not taken, or read differently."""

from __future__ import annotations

from tests.mtl.recipe.texts import RANKING, changed, faults, warnings

LEXICAL = ("document: {pooling: max}", "document: {pooling: max, lexical: lexical}")


BOTH_LEXICAL = (("representation: {type: bilstm, hidden: 4}, pooling: max}", "representation: {type: bilstm, hidden: 4}, pooling: max, lexical: lexical}"), LEXICAL)  # fmt: skip


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
        "differently: equal words will not be found equal. Write 'lowercase: true' in both "
        "tasks.relevance.inputs.query and tasks.relevance.inputs.document, or 'lowercase: false' in both.",
    ]
