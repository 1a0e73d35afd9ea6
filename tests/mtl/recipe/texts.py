"""Recipes that many tests start from."""

from __future__ import annotations

from mtl.base.errors import RecipeError
from mtl.compile.loading import recipe_from_text
from mtl.graph.build import build_graph
from mtl.graph.sharing_graph import SharingGraph

INTENT_SLOT = """\
name: intent_slot
seed: 1
sources:
  utterances: {format: tsv, train: train.tsv, dev: dev.tsv, test: test.tsv}
tasks:
  intent:
    type: text_classification
    source: utterances
    inputs: {text: {column: text, tokenizer: unicode_words, lowercase: true}}
    target: intent
    model:
      embedding:
        type: concat
        parts:
          word: {type: word, dim: 100, min_count: 2}
          char: {type: char_cnn, dim: 50}
      representation: {type: bilstm, hidden: 200, layers: 2, dropout: 0.3}
      pooling: {type: self_attention, dim: 128}
      decoder: {type: mlp, hidden: [128]}
      output: {type: softmax}
  slots:
    type: word_tagging
    source: utterances
    inputs: {text: {column: text, tokenizer: unicode_words, lowercase: true}}
    target: slots
    model:
      decoder: {type: mlp, condition: intent.output}
      output: {type: crf}
share:
  words: [intent.embedding, slots.embedding]
  encoder: [intent.representation, slots.representation]
"""

ALTERNATING = """\
name: alternating
sources:
  snips: {format: tsv, train: snips.tsv}
  conll: {format: conll, columns: [words, pos, chunk], train: conll.txt}
tasks:
  slots:
    type: word_tagging
    source: snips
    inputs: {text: {column: text, tokenizer: whitespace}}
    target: slots
    model:
      embedding: {type: word, dim: 10}
      representation: {type: bilstm, hidden: 8}
  chunks:
    type: word_tagging
    source: conll
    inputs: {text: {column: words, tokenizer: whitespace}}
    target: chunk
    model:
share:
  words: "*.embedding"
  encoder: ["*.representation"]
"""

PAIR = """\
name: pair
sources:
  questions: {format: tsv, train: train.tsv}
tasks:
  relevance:
    type: fake_pair
    source: questions
    target: relevant
    model:
      query: {embedding: {type: word, dim: 8}, representation: {type: bilstm, hidden: 4}}
      document: {embedding: {type: word, dim: 8}}
  topic:
    type: text_classification
    source: questions
    inputs: {text: query}
    target: topic
    model:
      embedding: {type: word, dim: 8}
"""

RANKING = """\
name: qa
sources:
  qa: {format: tsv, train: qa.tsv}
  questions: {format: tsv, train: questions.tsv}
tasks:
  relevance:
    type: text_pair_ranking
    source: qa
    inputs:
      query: {column: query, lowercase: true}
      document: {column: document, lowercase: true, max_tokens: 200}
    target: label
    model:
      query: {embedding: {type: word, dim: 8}, representation: {type: bilstm, hidden: 4}, pooling: max}
      document: {pooling: max}
      scorer: cosine
  question:
    type: text_classification
    source: questions
    inputs: {text: {column: text, lowercase: true}}
    target: kind
share:
  words: [relevance.query.embedding, relevance.document.embedding, question.embedding]
  towers: [relevance.query.representation, relevance.document.representation, question.representation]
"""

ENTAILMENT = """\
name: entailment
sources:
  pairs: {format: tsv, train: pairs.tsv}
tasks:
  entailment:
    type: text_pair_classification
    source: pairs
    inputs: {premise: {column: premise}, hypothesis: {column: hypothesis}}
    target: label
    model:
      premise: {embedding: {type: word, dim: 8}, representation: {type: bilstm, hidden: 4}}
      decoder: {hidden: [16]}
  genre:
    type: text_classification
    source: pairs
    inputs: {text: {column: premise}}
    target: genre
share:
  words: [entailment.premise.embedding, entailment.hypothesis.embedding, genre.embedding]
  towers: [entailment.premise.representation, entailment.hypothesis.representation, genre.representation]
"""
# The representation of a `fake_dead_end` leads nowhere.
DEAD_END = """\
sources: {s: {format: tsv, train: a.tsv}}
tasks:
  t: {type: fake_dead_end, source: s, target: t, model: {representation: bilstm}}
"""


def changed(text: str, *changes: tuple[str, str]) -> str:
    """Return a text with each first string, which must be there, replaced by the second."""
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after, 1)
    return text


def faults(text: str, *overrides: str) -> list[str]:
    """Return the rows that loading a recipe and building its graph end with, without the count."""
    try:
        build_graph(recipe_from_text(text, name="r.yaml", overrides=overrides))
    except RecipeError as error:
        return [str(fault) for fault in error.faults]
    return []


def graph(text: str, *overrides: str) -> SharingGraph:
    """Return the graph of a recipe."""
    return build_graph(recipe_from_text(text, name="r.yaml", overrides=overrides))


def warnings(text: str, *overrides: str) -> list[str]:
    """Return what the graph of a recipe warns of."""
    return [str(fault) for fault in graph(text, *overrides).warnings]
