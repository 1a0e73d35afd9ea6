# messages and recipes stand in one piece
"""What is asked of a vocabulary of pieces that it does not do, by recipes that ask it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from mtl.compile.loading import recipe_from_text
from mtl.graph.build import build_graph
from tests import encoder_files
from tests.mtl.recipe.texts import faults, warnings

RECIPE = """\
name: subwords
sources:
  utterances: {format: tsv, train: train.tsv}
tasks:
  intent:
    type: text_classification
    source: utterances
    inputs: {text: {column: text, tokenizer: {type: wordpiece, path: PATH}}}
    target: intent
    model: {embedding: {type: piece, dim: 4}}
  slots:
    type: word_tagging
    source: utterances
    inputs: {text: {column: text, tokenizer: {type: wordpiece, path: PATH}}}
    target: slots
    model: {embedding: {type: concat, parts: {word: {type: word, dim: 3}, piece: {type: piece, dim: 4}}}}
"""


def recipe(folder_of: Callable[[str], Path], name: str = "uncased") -> str:
    return RECIPE.replace("PATH", str(folder_of(name)))


def size_of(folder_of: Callable[[str], Path], name: str) -> int:
    """Return how many pieces a tokenizer knows."""
    return len(json.loads((folder_of(name) / "tokenizer.json").read_text())["model"]["vocab"])


def encoder(folder_of: Callable[[str], Path], more: int = 0) -> str:
    """Return the recipe with embeddings of an encoder that has vectors of all pieces, and of so many more."""
    config = {**encoder_files.BERT, "vocab_size": size_of(folder_of, "uncased") + more}
    embedding = f"{{type: transformer, config: {json.dumps(config)}}}"
    return recipe(folder_of).replace("{type: piece, dim: 4}", embedding)


def test_pieces_of_a_vocabulary_of_their_own_are_not_counted(folder_of: Callable[[str], Path]) -> None:
    keys = ("tasks.intent.model.embedding.min_count", "tasks.slots.model.embedding.parts.piece.max_size")
    found = faults(recipe(folder_of), f"{keys[0]}=2", f"{keys[1]}=9")
    message = "should be left out, as the pieces are those of the tokenizer's own vocabulary."
    assert found == [
        f"--set {keys[0]}=2: {keys[0]}: {message} Found 2.",
        f"--set {keys[1]}=9: {keys[1]}: {message} Found 9.",
    ]


def test_an_input_of_pieces_alone_does_not_say_how_words_are_looked_up(folder_of: Callable[[str], Path]) -> None:
    text = recipe(folder_of)
    should = (
        "should say nothing of how words are looked up, as pieces alone are, which the tokenizer 'wordpiece' "
        "normalizes itself."
    )
    assert faults(text, "tasks.intent.inputs.text.lowercase=ascii", "tasks.intent.inputs.text.nfkc=true") == [
        f"r.yaml:8: tasks.intent.inputs.text: {should} Found 'lowercase: ascii'. Leave it out.",
        f"r.yaml:8: tasks.intent.inputs.text: {should} Found 'nfkc: true'. Leave it out.",
    ]
    # Where words are looked up in texts that are read so, all that is read alike may say it.
    keys = [f"tasks.{task}.inputs.text.lowercase=true" for task in ("intent", "slots")]
    build_graph(recipe_from_text(text, overrides=keys))


def test_tied_embeddings_read_one_vocabulary(folder_of: Callable[[str], Path]) -> None:
    other = folder_of("cased")
    text = recipe(folder_of) + "share: {pieces: [intent.embedding, slots.embedding.piece]}\n"
    one, two = (folder_of(name) / "tokenizer.json" for name in ("uncased", "cased"))
    both = "in both tasks.intent.inputs.text and tasks.slots.inputs.text"
    here = "r.yaml:17: share.pieces: tied embeddings should read the same tokens."
    assert faults(text, f"tasks.slots.inputs.text.tokenizer.path={other}") == [
        f"{here} Found wordpiece '{one}' at 'intent.embedding'; wordpiece '{two}' at 'slots.embedding.piece'. "
        f"Write 'tokenizer: {{type: wordpiece, path: {one}}}' {both}, or "
        f"'tokenizer: {{type: wordpiece, path: {two}}}' in both."
    ]
    # Tokens that are pieces for want of smaller ones are no less possible here.
    assert faults(text, "tasks.slots.inputs.text.tokenizer=whitespace") == [
        f"{here} Found wordpiece '{one}' at 'intent.embedding'; whitespace at 'slots.embedding.piece'. "
        f"Write 'tokenizer: {{type: wordpiece, path: {one}}}' {both}, or 'tokenizer: whitespace' in both."
    ]


def test_what_cannot_be_read_is_not_offered(folder_of: Callable[[str], Path]) -> None:
    one, two = (folder_of(name) / "tokenizer.json" for name in ("uncased", "cased"))
    text = encoder(folder_of) + "share: {pieces: [intent.embedding, slots.embedding.piece]}\n"
    both = "in both tasks.intent.inputs.text and tasks.slots.inputs.text"
    here = "r.yaml:17: share.pieces: tied embeddings should read the same tokens."
    words = [f"tasks.{task}.inputs.text.tokenizer" for task in ("intent", "slots")]
    assert faults(text, f"{words[0]}=whitespace") == [
        f"{here} Found whitespace at 'intent.embedding'; wordpiece '{one}' at 'slots.embedding.piece'. "
        f"Write 'tokenizer: {{type: wordpiece, path: {one}}}' {both}."
    ]
    assert faults(text, f"{words[0]}=whitespace", f"{words[1]}=unicode_words") == [
        f"{here} Found whitespace at 'intent.embedding'; unicode_words at 'slots.embedding.piece'. "
        f"Write 'tokenizer: {{type: wordpiece, path: DIR}}' {both}."
    ]
    small = encoder(folder_of, -1) + "share: {pieces: [intent.embedding, slots.embedding.piece]}\n"
    assert faults(small, f"{words[0]}.path={two}") == [
        f"{here} Found wordpiece '{two}' at 'intent.embedding'; wordpiece '{one}' at 'slots.embedding.piece'. "
        f"Write 'tokenizer: {{type: wordpiece, path: DIR}}' {both}."
    ]


def test_an_encoder_with_vectors_of_more_pieces(folder_of: Callable[[str], Path]) -> None:
    tied = "share: {pieces: [intent.embedding, slots.embedding.piece]}\n"
    assert warnings(encoder(folder_of) + tied) == []
    size = size_of(folder_of, "uncased")
    assert warnings(encoder(folder_of, 9) + tied) == [
        f"r.yaml:10: tasks.intent.model.embedding: has vectors of {size + 9} pieces, and its tokenizer knows {size}. "
        "If it is not that of the encoder, its texts are read as other pieces: name the encoder's folder as 'path' of "
        "both."
    ]


def test_conditions_come_from_tasks_that_read_as_many_pieces(folder_of: Callable[[str], Path]) -> None:
    text = recipe(folder_of).replace("type: text_classification", "type: word_tagging")
    condition = "tasks.slots.model.decoder={type: mlp, condition: intent.output}"
    assert faults(text, condition, "tasks.slots.inputs.text.max_pieces=9") == [
        f"--set {condition}: tasks.slots.model.decoder.condition: should come from a task that reads as many pieces as "
        "'slots' (9). Found 'intent', whose 'max_pieces' is null."
    ]


LM = """\
name: lm
sources:
  book: {format: plain_text, rows: words, length: 10, train: book.txt}
tasks:
  lm:
    type: language_model
    source: book
    inputs: {text: {column: text, max_pieces: 9, tokenizer: {type: wordpiece, path: PATH}}}
    model: {embedding: word, representation: lstm, output: {words: {}}}
share:
  words: [lm.embedding, lm.output.words]
"""


def test_texts_that_are_predicted_are_read_whole(folder_of: Callable[[str], Path]) -> None:
    text = LM.replace("PATH", str(folder_of("uncased")))
    here = "r.yaml:8: tasks.lm.inputs.text: should be read whole"
    assert faults(text) == [
        f"{here}, as 'lm' predicts where texts end, and would learn that they end where they are cut. "
        "Found 'max_pieces: 9'. Leave it out, or write 'ends: false' in 'lm'."
    ]
    assert faults(text, "tasks.lm.ends=false", "tasks.lm.bptt=35", "tasks.lm.inputs.text.max_tokens=3") == [
        f"{here}, as 'lm' reads all rows as one text ('bptt: 35'). Found 'max_tokens: 3'. Leave it out.",
        f"{here}, as 'lm' reads all rows as one text ('bptt: 35'). Found 'max_pieces: 9'. Leave it out.",
    ]
