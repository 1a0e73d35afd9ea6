"""Scores of pairs: those of each pair alone, whatever the cuts, and every text encoded once."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from mtl.compile.loading import recipe_from_text
from mtl.data.batch import Batch, raw_batch
from mtl.data.fitted import Fitted
from mtl.evaluate.scoring import pair_scores
from mtl.graph.build import build_graph
from mtl.graph.calls import InputKey
from mtl.model.module import PaddedSequence
from mtl.model.multi_task import MultiTaskModel
from mtl.text.featurizer import tokenize

RECIPE = """\
name: pairs
seed: 3
sources:
  qa: {format: jsonl, train: train.jsonl}
tasks:
  relevance:
    type: text_pair_ranking
    source: qa
    inputs:
      query: {column: query, lowercase: true}
      document: {column: document, lowercase: true, max_tokens: 9}
    target: label
    model:
      query: {embedding: {type: word, dim: 6}, representation: {type: bilstm, hidden: 5}QUERY}
      document: {embedding: {type: word, dim: 6}, representation: {type: bilstm, hidden: 5}DOCUMENT}
      scorer: SCORER
share:
  towers: [relevance.query.representation, relevance.document.representation]
"""
POOLED = ", pooling: max"
LEXICAL = ", lexical: {type: lexical}"
SCORERS = {
    "dot": ("{type: dot}", POOLED),
    "cosine": ("{type: cosine}", POOLED),
    "mlp with words in common": ("{type: mlp, hidden: [4]}", POOLED + LEXICAL),
    "kernels": ("{type: interaction, kernels: 5}", ""),
    "attention with words in common": ("{type: interaction, match: attention, dim: 4}", LEXICAL),
}
WORDS = ["a", "few", "words", "b", "unknown", "?"]


class Pairs(NamedTuple):
    query: NDArray[np.int64]
    document: NDArray[np.int64]


class Texts:
    """What scoring asks of a split, made of texts in memory; counts how often each text is asked for."""

    def __init__(self, model: MultiTaskModel, texts: dict[str, list[str]]) -> None:
        self.model = model
        self.texts = texts
        self.keys = model.sharing_graph.inputs("relevance")
        self.given: Counter[tuple[str, int]] = Counter()

    def token_counts(self, key: InputKey) -> NDArray[np.int64]:
        tokens = tokenize(self.texts[key.column], key.front_end.whole)
        lengths = np.maximum(np.diff(tokens.row_offsets), 1)
        return np.minimum(lengths, key.front_end.max_tokens or lengths).astype(np.int64)

    def text_batch(self, key: InputKey, numbers: NDArray[np.int64]) -> Batch:
        self.given.update((key.column, number) for number in numbers.tolist())
        batch = self.batch({name: [self.texts[key.column][number] for number in numbers] for name in self.texts})
        features = {place: values for place, values in batch.features.items() if place[2] == key}
        return Batch(batch.source, batch.rows, {key: batch.lengths[key]}, features)

    def batch(self, texts: dict[str, list[str]]) -> Batch:
        return raw_batch(self.model.sharing_graph, self.model.fitted, ["relevance"], texts)

    def alone(self, query: int, document: int) -> float:
        batch = self.batch({"query": [self.texts["query"][query]], "document": [self.texts["document"][document]]})
        with torch.inference_mode():
            (scores,) = self.model.scores(batch, ["relevance"])["relevance"]
        assert isinstance(scores, torch.Tensor)
        return float(scores[0])


def model_of(scorer: str) -> MultiTaskModel:
    written, parts = SCORERS[scorer]
    recipe = RECIPE.replace("SCORER", written).replace("QUERY", parts).replace("DOCUMENT", parts)
    graph = build_graph(recipe_from_text(recipe))
    return MultiTaskModel(graph, Fitted.placeholder(graph)).eval()


def some_texts(model: MultiTaskModel, *, longer: str = "document") -> Texts:
    generator = random.Random(0)
    most = {"query": 4, "document": 12} if longer == "document" else {"query": 12, "document": 4}
    texts = {
        name: [" ".join(generator.choices(WORDS, k=generator.randint(0, most[name]))) for _ in range(count)]
        for name, count in {"query": 7, "document": 11}.items()
    }
    return Texts(model, texts)


def some_pairs(count: int = 40) -> Pairs:
    generator = np.random.default_rng(0)
    return Pairs(generator.integers(0, 6, count), generator.integers(1, 11, count))  # not all texts are in a pair


def scores_of(split: Texts, pairs: Any, **cuts: int) -> NDArray[np.float32]:
    given: Any = split
    return pair_scores(split.model, given, "relevance", pairs, **{"batch_tokens": 4000, **cuts})


@pytest.mark.parametrize("longer", ["query", "document"])
@pytest.mark.parametrize("scorer", SCORERS)
def test_every_score_is_that_of_the_pair_alone_under_all_cuts(scorer: str, longer: str) -> None:
    split, pairs = some_texts(model_of(scorer), longer=longer), some_pairs()
    alone = [split.alone(int(q), int(d)) for q, d in zip(pairs.query, pairs.document, strict=True)]
    assert max(alone) - min(alone) > 1e-3
    for batch_tokens, chunk_values in ((1, 1), (20, 300), (4000, 1 << 22)):
        found = scores_of(split, pairs, batch_tokens=batch_tokens, chunk_values=chunk_values)
        assert found.dtype == np.float32
        assert found == pytest.approx(alone, abs=1e-5)


@pytest.mark.parametrize("scorer", ["dot", "kernels"])
def test_every_text_of_a_pair_is_encoded_once_and_no_other(scorer: str) -> None:
    split, pairs = some_texts(model_of(scorer)), some_pairs()
    scores_of(split, pairs, batch_tokens=10, chunk_values=100)
    used = {("query", int(n)) for n in pairs.query} | {("document", int(n)) for n in pairs.document}
    assert split.given == dict.fromkeys(used, 1)


@pytest.mark.parametrize("scorer", ["dot", "kernels"])
def test_a_chunk_holds_no_more_than_it_may(scorer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of(scorer)
    split, pairs = some_texts(model), some_pairs(200)
    chunks: list[int] = []

    def count(module: torch.nn.Module, arguments: Any) -> None:
        values = [argument.values if isinstance(argument, PaddedSequence) else argument for argument in arguments]
        grid = values[0].shape[0] * values[0].shape[1] * values[1].shape[1] if values[0].dim() == 3 else 0
        chunks.append(sum(value.numel() for value in values) + grid)

    model.scorer("relevance").register_forward_pre_hook(count)
    scores_of(split, pairs, chunk_values=1000)
    assert max(chunks) <= 1000
    assert sum(chunks) / len(chunks) > 500  # nor much less


def test_a_split_without_pairs() -> None:
    nothing = np.zeros(0, np.int64)
    assert scores_of(some_texts(model_of("dot")), Pairs(nothing, nothing)).shape == (0,)
