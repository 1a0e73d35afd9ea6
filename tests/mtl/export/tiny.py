"""Small untrained models over data from memory: weights large enough that answers differ from row to row."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from mtl.compile.loading import recipe_from_text
from mtl.data.prepare import prepare
from mtl.data.prepared import Prepared
from mtl.export.export import ExportReport, export
from mtl.graph.build import build_graph
from mtl.graph.sharing_graph import SharingGraph
from mtl.model.multi_task import MultiTaskModel
from mtl.recipe.config import Recipe
from mtl.sources.opening import open_sources

WORDS = "play some Music by the beatles in Paris tomorrow , add songs to list don't é 日本 what's".split()
Rows = Mapping[str, Mapping[str, Iterable[Mapping[str, Any]]]]

INTENT_SLOT = """
name: tiny
seed: 1
sources:
  utterances: {format: python}
tasks:
  intent:
    type: text_classification
    source: utterances
    inputs: {text: {column: text, lowercase: true}}
    target: intent
    model:
      embedding: {type: concat, parts: {word: {type: word, dim: 12}, char: {type: char_cnn, dim: 8}}}
      representation: {type: bilstm, hidden: 7, layers: 2}
      pooling: {type: self_attention, dim: 6}
      decoder: {type: mlp, hidden: [9]}
  slots:
    type: word_tagging
    source: utterances
    inputs: {text: {column: text, lowercase: true}}
    target: slots
    model:
      decoder: {type: mlp, condition: intent.output}
      output: {type: OUTPUT}
share:
  words: [intent.embedding, slots.embedding]
  encoder: [intent.representation, slots.representation]
"""

# Two tasks that read different inputs, one of them two texts, over one embedding and one encoder.
TWO_INPUTS = """
name: two_inputs
seed: 1
sources:
  pairs: {format: python}
  tokens: {format: python}
plugins: [PLUGIN]
tasks:
  relevance:
    type: pair_classification
    source: pairs
    inputs: {query: {column: query, tokenizer: whitespace}, document: {column: document, tokenizer: whitespace}}
    target: label
    model:
      query: {embedding: {type: word, dim: 8}, representation: {type: bilstm, hidden: 5}, pooling: max}
      document: {pooling: max}
  tags:
    type: word_tagging
    source: tokens
    inputs: {text: {column: words, tokenizer: whitespace}}
    target: tags
share:
  words: [relevance.query.embedding, relevance.document.embedding, tags.embedding]
  encoder: [relevance.query.representation, relevance.document.representation, tags.representation]
"""

# Scorers that take their texts apart (tied and untied towers) and one that does not, beside labels of one text and two.
RANKING = """
name: ranking
seed: 1
sources:
  tied: {format: python}
  untied: {format: python}
  tokens: {format: python}
  duplicates: {format: python}
  queries: {format: python}
tasks:
  relevance:
    type: text_pair_ranking
    source: tied
    inputs: {query: {column: query, lowercase: true}, document: {column: document, lowercase: true, max_tokens: 6}}
    target: label
    model:
      query: {embedding: {type: word, dim: 8}, representation: {type: bilstm, hidden: 5}, pooling: max}
      document: {pooling: max}
      scorer: cosine
  answers:
    type: text_pair_ranking
    source: untied
    inputs: {query: {column: query, lowercase: true}, document: {column: document, lowercase: true, max_tokens: 6}}
    target: label
    model:
      query: {embedding: {type: word, dim: 7}, representation: {type: bilstm, hidden: 3}, pooling: max}
      document: {embedding: {type: word, dim: 5}, representation: {type: bilstm, hidden: 4}, pooling: self_attention}
      scorer: bilinear
  overlap:
    type: text_pair_ranking
    source: tokens
    inputs: {query: {column: query, lowercase: true}, document: {column: document, lowercase: true}}
    target: label
    model:
      query: {embedding: {type: word, dim: 6}, lexical: lexical}
      document: {embedding: {type: word, dim: 6}, lexical: lexical}
      scorer: interaction
  duplicate:
    type: text_pair_classification
    source: duplicates
    inputs: {query: {column: query, lowercase: true}, document: {column: document, lowercase: true, max_tokens: 6}}
    target: label
  query_class:
    type: text_classification
    source: queries
    inputs: {text: {column: query, lowercase: true}}
    target: label
share:
  words: [relevance.query.embedding, relevance.document.embedding, duplicate.*.embedding, query_class.embedding]
  encoder:
    - relevance.query.representation
    - relevance.document.representation
    - duplicate.*.representation
    - query_class.representation
  lexicon: [overlap.*.lexical]
"""


@dataclass
class Model:
    """Everything that an export takes."""

    recipe: Recipe
    graph: SharingGraph
    prepared: Prepared
    model: MultiTaskModel

    def export(self, out: Path, **options: Any) -> ExportReport:
        return export(self.model, self.graph, self.prepared, out, **options)


def build(text: str, rows: Rows, cache: Path) -> Model:
    recipe = recipe_from_text(text)
    graph = build_graph(recipe)
    prepared = prepare(graph, open_sources(recipe, rows), cache)
    model = MultiTaskModel(graph, prepared.fitted).eval()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.6, generator=generator)
        for module in model.modules():
            if isinstance(module, torch.nn.Embedding):
                module.weight[0] = 0  # padding, as training leaves it
    return Model(recipe, graph, prepared, model)


def utterances(count: int, seed: int) -> list[dict[str, str | list[str]]]:
    """Return rows with an intent and slots; the last one is empty."""
    chance = random.Random(seed)
    found: list[dict[str, str | list[str]]] = []
    for _ in range(count):
        words = chance.choices(WORDS, k=chance.randint(1, 14))
        slots = chance.choices(["O", "B-x", "I-x", "B-y"], k=len(words))
        found.append({"text": " ".join(words), "intent": chance.choice("abc"), "slots": slots})
    return [*found, {"text": "", "intent": "a", "slots": []}]


def intent_slot(output: str, cache: Path) -> Model:
    rows = {"utterances": {"train": utterances(40, 0), "test": utterances(70, 1)}}
    return build(INTENT_SLOT.replace("OUTPUT", output), rows, cache)


def two_inputs(folder: Path) -> Model:
    plugin = folder / "pair_classification.py"
    plugin.write_text(PAIRS)
    chance = random.Random(3)

    def text() -> str:
        return " ".join(chance.choices(WORDS, k=chance.randint(1, 9)))

    pairs = [{"query": text(), "document": text(), "label": chance.choice("yn")} for _ in range(30)]
    tokens = []
    for _ in range(30):
        words = chance.choices(WORDS, k=chance.randint(1, 9))
        tokens.append({"words": words, "tags": chance.choices(["N", "V"], k=len(words))})
    rows = {"pairs": {"train": pairs, "test": pairs}, "tokens": {"train": tokens, "test": tokens}}
    return build(TWO_INPUTS.replace("PLUGIN", str(plugin)), rows, folder / "cache")


def ranking(folder: Path, rows: int = 40) -> Model:
    """Queries with several documents each; documents of up to 14 tokens, some of them empty."""
    chance = random.Random(4)

    def text(least: int, most: int) -> str:
        return " ".join(chance.choices(WORDS, k=chance.randint(least, most)))

    queries = [text(1, 6) for _ in range(max(2, rows // 4))]
    pairs = [
        {"query": queries[number // 4], "document": text(0, 14), "label": str(number % 4 % 3)} for number in range(rows)
    ]
    sources = ("tied", "untied", "tokens", "duplicates", "queries")
    return build(RANKING, {name: {"train": pairs, "test": pairs} for name in sources}, folder / "cache")


PAIRS = '''
"""A task on two texts."""

import torch

from mtl.model.module import Decoder
from mtl.base.registry import register
from mtl.recipe.task import Slot
from mtl_tasks import TextClassification


@register("decoder", "pair")
class Pair(Decoder):
    """A linear layer over two rows' vectors side by side."""

    def __init__(self, input_dim, condition_dim, output_dim):
        super().__init__()
        self.linear = torch.nn.Linear(input_dim + condition_dim, output_dim)

    def forward(self, inputs, *conditions):
        return self.linear(torch.cat([inputs, *conditions], -1))

    @property
    def output_dim(self):
        return self.linear.out_features


@register("task", "pair_classification")
class PairClassification(TextClassification):
    """One label for two texts."""

    def inputs(self):
        return ("query", "document")

    def slots(self, inputs):
        found = []
        for name in inputs:
            found += [
                Slot(f"{name}.embedding", "embedding", (name,)),
                Slot(f"{name}.representation", "representation", (f"{name}.embedding",)),
                Slot(f"{name}.pooling", "pooling", (f"{name}.representation",)),
            ]
        return (
            *found,
            Slot("decoder", "decoder", tuple(f"{name}.pooling" for name in inputs), default={"type": "pair"}),
            Slot("output", "output", ("decoder",), default={"type": "softmax"}),
        )
'''
