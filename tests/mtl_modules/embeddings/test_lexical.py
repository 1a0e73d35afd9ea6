"""The lexical embedding and what two texts' words share, against sums over Python's own strings."""

from __future__ import annotations

import math
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor

from mtl.data.collate import pad
from mtl.model.module import PaddedSequence
from mtl.text.features import Feature
from mtl.text.featurizer import tokenize
from mtl_modules import Lexical
from mtl_modules.embeddings.lexical import hashes_of
from mtl_modules.pairs.lexical_overlap import LexicalOverlap

TRAINING = ["the cat sat", "the dog sat on the mat", "a cat", "who is the cat of Ada Lovelace"]
QUERIES = ["who is Ada Lovelace", "the cat the cat", "zzz yyy", "", "cat", "the mat", "", "a b"]
DOCUMENTS = [
    "Ada Lovelace is who ?",
    "the cat sat on the mat with the other cat",
    "yyy zzz yyy",
    "some words",
    "cat",
    "a mat , the other mat",
    "",
    "",
]


@cache
def fitted() -> tuple[Feature, ...]:
    features = Lexical.features()
    for feature in features:
        feature.count(tokenize(TRAINING, "whitespace"))
        feature.fit()
    return features


def embedded(texts: list[str], *, garbage: float = 0.0, extra: int = 0) -> PaddedSequence:
    tokens = tokenize(texts, "whitespace")
    features = [torch.from_numpy(pad(feature.compute(tokens))) for feature in fitted()]
    words = Lexical(fitted())(torch.from_numpy(tokens.lengths), *features)
    values = torch.nn.functional.pad(words.values, (0, 0, 0, extra), value=garbage)
    return PaddedSequence(
        torch.where(PaddedSequence(values, words.lengths).mask()[:, :, None], values, garbage), words.lengths
    )


def idf(word: str) -> float:
    count = sum(word in text.split() for text in TRAINING)
    return math.log(1 + (len(TRAINING) - count + 0.5) / (count + 0.5))


def naive(query: list[str], document: list[str], average: float) -> list[float]:
    found = [word for word in query if word in document]
    weight = sum(map(idf, query))
    pairs = list(pairwise(query))
    others = set(pairwise(document))
    norm = 1.2 * (1 - 0.75 + 0.75 * len(document) / average)
    bm25 = sum(idf(w) * document.count(w) * 2.2 / (document.count(w) + norm) for w in found)
    return [
        sum(map(idf, found)) / weight if query else 0.0,
        len(found) / len(query) if query else 0.0,
        bm25,
        sum(pair in others for pair in pairs) / len(pairs) if pairs else 0.0,
        math.log(1 + len(document)),
    ]


@pytest.mark.parametrize(("garbage", "extra"), [(0.0, 0), (37.0, 3)])
def test_overlap_is_that_of_strings(garbage: float, extra: int) -> None:
    found = LexicalOverlap(6.0)(embedded(QUERIES, garbage=garbage, extra=extra), embedded(DOCUMENTS, garbage=garbage))
    wanted = [naive(q.split(), d.split(), 6.0) for q, d in zip(QUERIES, DOCUMENTS, strict=True)]
    torch.testing.assert_close(found, torch.tensor(wanted))
    assert found.shape[1] == LexicalOverlap.SIZE


def test_names_that_training_never_saw_match() -> None:
    (shared,) = LexicalOverlap(6.0)(embedded(["Grace Hopper"]), embedded(["it was Grace Hopper"])).tolist()
    assert shared[:2] == pytest.approx([1.0, 1.0])
    assert shared[3] == 1.0


def test_what_is_learned_is_reached_by_gradients() -> None:
    overlap = LexicalOverlap(6.0)
    overlap(embedded(QUERIES), embedded(DOCUMENTS))[:, LexicalOverlap.BM25].sum().backward()
    assert [p.grad is not None and bool(p.grad != 0) for p in overlap.parameters()] == [True] * 3


def test_a_hash_survives_as_two_halves() -> None:
    hashes = torch.tensor([[0, 1, 2**16 - 1], [2**16, 2**31, 2**32 - 1]])
    words = Lexical(())(torch.tensor([3, 3]), hashes, torch.ones(2, 3))
    assert words.values.dtype == torch.float32
    assert torch.equal(hashes_of(words), hashes)
    assert bool((words.values[:, :, 2] == 1).all())
    assert hashes_of(PaddedSequence(words.values, torch.tensor([1, 2]))).tolist() == [[0, 0, 0], [2**16, 2**31, 0]]


def test_neighbours_are_told_apart_exactly() -> None:
    # Both pairs have the same sum and the same product, and the largest hashes that there are.
    largest = 2**32 - 1
    some = Lexical(())(torch.tensor([2]), torch.tensor([[largest, 1]]), torch.ones(1, 2))
    other = Lexical(())(torch.tensor([2]), torch.tensor([[1, largest]]), torch.ones(1, 2))
    assert LexicalOverlap(6.0)(some, other)[0, 3] == 0
    assert LexicalOverlap(6.0)(some, some)[0, 3] == 1


def test_a_lexical_embedding_takes_features() -> None:
    words = PaddedSequence(torch.zeros(1, 1, 3), torch.ones(1))
    with pytest.raises(TypeError) as caught:
        Lexical(())(words.lengths, words, words)
    assert str(caught.value) == "a lexical embedding takes hashes and frequencies. Found a sequence."


def test_a_document_of_a_hundred_thousand_words() -> None:
    generator = np.random.default_rng(1)
    document = " ".join(f"w{i}" for i in generator.integers(0, 50_000, 100_000).tolist())
    query = document.split()[::5000]
    found: Tensor = LexicalOverlap(100.0)(embedded([" ".join(query)]), embedded([document]))
    torch.testing.assert_close(found, torch.tensor([naive(query, document.split(), 100.0)]))
