"""One small recipe in which every registered module over one text has a place, and the model of it."""

from __future__ import annotations

from functools import cache

import mtl_modules  # noqa: F401  # registers its modules
import mtl_tasks  # noqa: F401  # registers its tasks
from mtl import sources  # noqa: F401  # registers the formats
from mtl.compile.loading import recipe_from_text
from mtl.data.batch import Batch, raw_batch
from mtl.data.fitted import Fitted
from mtl.data.labels import Labels
from mtl.graph.build import build_graph
from mtl.graph.sharing_graph import SharingGraph
from mtl.model.multi_task import MultiTaskModel
from mtl.text.featurizer import tokenize
from mtl.text.front_end import FrontEnd

RECIPE = """
name: joint
seed: 7
sources:
  utterances: {format: tsv, train: train.tsv}
tasks:
  intent:
    type: text_classification
    source: utterances
    inputs: {text: {column: text, lowercase: true}}
    target: intent
    model:
      embedding:
        type: concat
        parts:
          word: {type: word, dim: 6, word_dropout: 0.2}
          char: {type: char_cnn, dim: 5, char_dim: 4, widths: [2, 3]}
      representation: {type: bilstm, hidden: 5, layers: 2, dropout: 0.3}
      pooling: {type: self_attention, dim: 4}
      decoder: {type: mlp, hidden: [4], condition: topic.output}
      output: {type: softmax, label_smoothing: 0.1, class_weights: balanced}
  slots:
    type: word_tagging
    source: utterances
    inputs: {text: {column: text, lowercase: true}}
    target: slots
    model:
      decoder: {type: mlp, condition: intent.output}
      output: {type: crf, constrained: true}
  words:
    type: word_tagging
    source: utterances
    inputs: {text: {column: text, lowercase: true}}
    target: words
    scheme: plain
    model:
      embedding: {type: word, dim: 3}
      representation:
        type: stack
        parts:
          lower: {type: bilstm, hidden: 3}
          mixed:
            type: mmoe
            experts: {type: concat, parts: {one: {type: bilstm, hidden: 2}, two: {type: bilstm, hidden: 2}}}
      output: {type: softmax}
  chunks:
    type: word_tagging
    source: utterances
    inputs: {text: {column: text, lowercase: true}}
    target: chunks
    model:
      embedding: {type: concat, parts: {word: {type: word, dim: 3}, piece: {type: piece, dim: 4, token_pooling: mean}}}
      representation:
        type: mmoe
        per: token
        experts: {type: concat, parts: {one: {type: bilstm, hidden: 2}, two: {type: bilstm, hidden: 2}}}
      decoder: {type: mlp, condition: slots.output}
      output: {type: crf}
  topic:
    type: text_classification
    source: utterances
    inputs: {text: {column: text, lowercase: true}}
    target: topic
    model:
      representation:
        type: cross_stitch
        own: one
        parts: {one: {type: bilstm, hidden: 3}, two: {type: bilstm, hidden: 3}}
      pooling: max
      decoder: {type: mlp, condition: words.output}
share:
  tokens: [intent.embedding, slots.embedding]
  forms: [intent.embedding.word, topic.embedding]
  encoder: [intent.representation, slots.representation]
"""
TASKS = ("intent", "slots", "words", "chunks", "topic")
TEXTS = (
    "play hey jude by the beatles",
    "what's the weather like in New York tomorrow?",
    "",
    "hi",
    "set an alarm for 7:30 a.m. and another one for eight, please",
)
LABELS = {
    "intent": Labels(("music", "weather", "alarm"), (3, 2, 1)),
    "slots": Labels(("B-city", "B-song", "I-city", "I-song", "O"), (1, 2, 1, 1, 9)),
    "words": Labels(("noun", "verb", "other"), (3, 3, 3)),
    "chunks": Labels(("B-NP", "I-NP", "O"), (2, 2, 2)),
    "topic": Labels(("a", "b"), (5, 5)),
}


@cache
def graph() -> SharingGraph:
    """Return the sharing graph of the recipe."""
    return build_graph(recipe_from_text(RECIPE))


@cache
def fitted() -> Fitted:
    """Return vocabularies of `TEXTS`, and labels."""
    found = Fitted.unfitted(graph())
    for features in found.features.values():
        for feature in features:
            feature.count(tokenize(list(TEXTS), FrontEnd("unicode_words", True)))
            feature.fit()
    for task, labels in LABELS.items():
        found.targets[task].labels = labels
    return found


def model() -> MultiTaskModel:
    """Return a new model, ready for prediction."""
    return MultiTaskModel(graph(), fitted()).eval()


def batch(texts: tuple[str, ...] = TEXTS) -> Batch:
    """Return a batch of texts for all tasks."""
    return raw_batch(graph(), fitted(), TASKS, {"text": list(texts)})
