"""One small recipe of a question and a text that answers it, or does not, and the model of it."""

from __future__ import annotations

from functools import cache

import mtl_modules  # noqa: F401  # registers its modules
import mtl_tasks  # noqa: F401  # registers its tasks
from mtl import sources  # noqa: F401  # registers the formats
from mtl.compile.loading import recipe_from_text
from mtl.data.batch import Batch, raw_batch
from mtl.data.fitted import Fitted
from mtl.graph.build import build_graph
from mtl.graph.sharing_graph import SharingGraph
from mtl.model.multi_task import MultiTaskModel
from mtl.text.featurizer import tokenize
from mtl.text.front_end import FrontEnd

RECIPE = """
name: questions
seed: 7
sources:
  passages: {format: squad, train: train.json}
tasks:
  always:
    type: question_answering
    source: passages
    inputs: {question: {column: question, lowercase: true}, context: {column: context, lowercase: true}}
    target: answers
    model:
      question: {representation: {type: bilstm, hidden: 3}, pooling: max}
      decoder: {type: mlp, hidden: [6]}
      output: {type: span, max_length: 2}
  maybe:
    type: question_answering
    no_answer: true
    source: passages
    inputs: {question: {column: question, lowercase: true}, context: {column: context, lowercase: true}}
    target: answers
    model:
      context: {representation: {type: bilstm, hidden: 4}}
      decoder: {type: attention_flow, dim: 5, hidden: 6}
      output: {type: span, margin: 0.2}
share:
  words: {members: ["*.*.embedding"], type: word, dim: 6}
"""
TASKS = ("always", "maybe")
QUESTIONS = ("where does Tom live ?", "who ?", "what does it cost", "which", "")
TEXTS = ("For years Tom lives in New York", "Ada", "", "one two three four five six seven eight nine ten", "hi hi")


@cache
def graph() -> SharingGraph:
    """Return the sharing graph of the recipe."""
    return build_graph(recipe_from_text(RECIPE))


@cache
def fitted() -> Fitted:
    """Return a vocabulary of the texts."""
    found = Fitted.unfitted(graph())
    for features in found.features.values():
        for feature in features:
            feature.count(tokenize([*QUESTIONS, *TEXTS], FrontEnd("unicode_words", True)))
            feature.fit()
    return found


def model() -> MultiTaskModel:
    """Return a new model, ready for prediction."""
    return MultiTaskModel(graph(), fitted()).eval()


def batch(numbers: tuple[int, ...] = (0, 1, 2, 3, 4)) -> Batch:
    """Return a batch of some questions with their texts, for both tasks."""
    questions, texts = [QUESTIONS[number] for number in numbers], [TEXTS[number] for number in numbers]
    return raw_batch(graph(), fitted(), TASKS, {"question": questions, "context": texts})
