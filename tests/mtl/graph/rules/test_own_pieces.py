# messages and recipes stand in one piece
"""What is asked of a vocabulary of pieces that it does not do, by recipes that ask it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mtl.compile.loading import recipe_from_text
from mtl.graph.build import build_graph
from tests.mtl.recipe.texts import faults

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
    (fault,) = faults(text, f"tasks.slots.inputs.text.tokenizer.path={other}")
    files = [folder_of(name) / "tokenizer.json" for name in ("uncased", "cased")]
    assert fault.startswith("r.yaml:17: share.pieces: tied embeddings should read the same tokens. Found wordpiece ")
    assert all(f"'tokenizer: {{type: wordpiece, path: {file}, sha256: " in fault for file in files)


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
