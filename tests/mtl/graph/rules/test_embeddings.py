# messages and recipes stand in one piece
"""What embeddings read, by recipes in which it is wrong."""

from __future__ import annotations

import pytest

from tests.mtl.recipe import fakes
from tests.mtl.recipe.texts import ALTERNATING, DEAD_END, INTENT_SLOT, changed, faults


@pytest.fixture(autouse=True)
def _fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    fakes.register(monkeypatch)


def test_tied_embeddings_read_the_same_tokens() -> None:
    assert faults(ALTERNATING, "tasks.slots.inputs.text.tokenizer=unicode_words") == [
        "r.yaml:21: share.words: tied embeddings should read the same tokens. "
        "Found unicode_words at 'slots.embedding'; whitespace at 'chunks.embedding'. "
        "Write 'tokenizer: unicode_words' in both tasks.slots.inputs.text and tasks.chunks.inputs.text, or "
        "'tokenizer: whitespace' in both."
    ]
    assert faults(ALTERNATING, "tasks.chunks.inputs.text.lowercase=true") == [
        "r.yaml:21: share.words: tied embeddings should read the same tokens. "
        "Found whitespace at 'slots.embedding'; whitespace, lowercase at 'chunks.embedding'. "
        "Write 'lowercase: false' in both tasks.slots.inputs.text and tasks.chunks.inputs.text, or 'lowercase: true' "
        "in both."
    ]
    assert faults(
        ALTERNATING,
        "tasks.slots.inputs.text.lowercase=ascii",
        "tasks.chunks.inputs.text={column: text, nfkc: true, lowercase: true, strip_accents: true}",
    ) == [
        "r.yaml:21: share.words: tied embeddings should read the same tokens. Found whitespace, ASCII lowercase at "
        "'slots.embedding'; unicode_words, NFKC, lowercase, without accents at 'chunks.embedding'. "
        "Write 'tokenizer: whitespace, lowercase: ascii, strip_accents: false, nfkc: false' in both "
        "tasks.slots.inputs.text and tasks.chunks.inputs.text, or 'tokenizer: unicode_words, lowercase: true, "
        "strip_accents: true, nfkc: true' in both."
    ]


def test_tied_parts_read_the_same_tokens() -> None:
    text = changed(
        INTENT_SLOT,
        ("  words: [intent.embedding, slots.embedding]", "  words: [intent.embedding.word, slots.embedding]"),
    )
    assert faults(text, "tasks.slots.inputs.text.lowercase=false") == [
        "r.yaml:30: share.words: tied embeddings should read the same tokens. "
        "Found unicode_words, lowercase at 'intent.embedding.word'; unicode_words at 'slots.embedding'. "
        "Write 'lowercase: true' in both tasks.intent.inputs.text and tasks.slots.inputs.text, or 'lowercase: false' "
        "in both."
    ]


def test_embeddings_read_one_input() -> None:
    assert faults(changed(DEAD_END, ("model: {representation: bilstm}", "two: true"))) == [
        "r.yaml:3: tasks.t.model.embedding: an embedding should read one input. Found 2 that flow into 't.embedding'."
    ]
