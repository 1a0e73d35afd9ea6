"""One small recipe whose tasks answer with several labels, a number, or how probable a text is, and the model of it."""

from __future__ import annotations

from functools import cache

import torch

import mtl_modules  # noqa: F401  # registers its modules
from mtl import sources  # noqa: F401  # registers the formats
from mtl.base.registry import register
from mtl.compile.loading import recipe_from_text
from mtl.data.batch import Batch, raw_batch
from mtl.data.fitted import Fitted
from mtl.data.labels import Labels
from mtl.graph.build import build_graph
from mtl.graph.sharing_graph import SharingGraph
from mtl.model.multi_task import MultiTaskModel
from mtl.text.featurizer import tokenize
from mtl.text.front_end import FrontEnd
from mtl_tasks import TextClassification
from tests.properties.joint import TEXTS


@register("task", "test_attributes")
class Attributes(TextClassification):
    """Any number of labels for a text."""

    predicts = "classes"


@register("task", "test_rating")
class Rating(TextClassification):
    """A number for a text."""

    predicts = "number"


RECIPE = """
name: targets
seed: 7
sources:
  utterances: {format: tsv, train: train.tsv}
tasks:
  attributes:
    type: test_attributes
    source: utterances
    inputs: {text: {column: text, lowercase: true}}
    target: attributes
    model: {embedding: {type: word, dim: 6}, output: {type: sigmoid, threshold: 0.4}}
  rating:
    type: test_rating
    source: utterances
    inputs: {text: {column: text, lowercase: true}}
    target: rating
    model: {embedding: {type: word, dim: 6}, output: regression}
  tuned:
    type: test_attributes
    source: utterances
    inputs: {text: {column: text, lowercase: true}}
    target: attributes
    model: {embedding: {type: word, dim: 6}, output: {type: sigmoid, threshold: dev_per_label, calibrate: true}}
  scoped:
    type: text_classification
    out_of_scope: none
    source: utterances
    inputs: {text: {column: text, lowercase: true}}
    target: topic
    model: {embedding: {type: word, dim: 6}, output: {type: softmax, calibrate: true}}
  tokens:
    type: language_model
    source: utterances
    inputs: {text: {column: text, lowercase: true}}
    model: {embedding: {type: word, dim: 6}, representation: {type: lstm, hidden: 5}, output: {words: {}, top: 3}}
  frequent:
    type: language_model
    source: utterances
    ends: false
    inputs: {text: {column: text, lowercase: true}}
    model:
      representation: {type: gru, hidden: 7}
      output: {type: adaptive_softmax, words: {}, cutoffs: [3, 7], div_value: 2}
  apart:
    type: text_classification
    source: utterances
    inputs: {text: {column: text, lowercase: true}}
    target: topic
    model: {embedding: {type: word, dim: 6}, output: {type: hinge, calibrate: true}}
  ranked:
    type: text_classification
    source: utterances
    inputs: {text: {column: text, lowercase: true}}
    target: topic
    model: {embedding: {type: word, dim: 6}, output: {type: ordinal, ranks: {loud: 0.5}}}
share:
  words: ["*.embedding", "*.output.words"]
"""
TASKS = ("attributes", "rating", "tuned", "scoped", "tokens", "frequent", "apart", "ranked")


@cache
def graph() -> SharingGraph:
    """Return the sharing graph of the recipe."""
    return build_graph(recipe_from_text(RECIPE))


@cache
def fitted() -> Fitted:
    """Return a vocabulary of the texts, labels, and the mean and deviation of numbers."""
    found = Fitted.unfitted(graph())
    for features in found.features.values():
        for feature in features:
            feature.count(tokenize(list(TEXTS), FrontEnd("unicode_words", True)))
            feature.fit()
    for name in ("attributes", "tuned", "scoped", "apart", "ranked"):
        found.targets[name].labels = Labels(("calm", "loud", "new", "old"), (3, 2, 1, 4))
    found.targets["rating"].load_state({"mean": 3.0, "deviation": 2.5})
    return found


def model() -> MultiTaskModel:
    """Return a new model, ready for prediction, with temperatures and thresholds as dev might show them."""
    found = MultiTaskModel(graph(), fitted()).eval()
    for buffer, value in (
        ("tuned.output.temperature", [1.7]),
        ("tuned.output.thresholds", [0.3, 0.45, 0.5, 0.62]),
        ("scoped.output.temperature", [0.6]),
        ("scoped.output.threshold", [0.5]),
        ("apart.output.temperature", [2.5]),
    ):
        component, name = buffer.rsplit(".", 1)
        found.components[component].get_buffer(name).copy_(torch.tensor(value).squeeze())
    return found


def batch(texts: tuple[str, ...] = TEXTS) -> Batch:
    """Return a batch of texts for all tasks."""
    return raw_batch(graph(), fitted(), TASKS, {"text": list(texts)})
