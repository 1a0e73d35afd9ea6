"""What n-grams count: as scikit-learn's tf-idf has it; and what a recipe may not say of them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from mtl.base.errors import UsageError
from mtl.text.featurizer import tokenize
from mtl.text.ngram_features import Ngrams
from mtl_modules import NgramScores

TEXTS = ["play hey jude now hey hey", "hey hey you and me", "", "a song that you would play"]


def made(**keys: Any) -> tuple[NgramScores, torch.Tensor, list[str]]:
    """A module of three labels, the ids of the texts, and the names of the n-grams."""
    names = {"words", "characters", "min_count", "max_size"}
    (feature,) = NgramScores.features(**{key: value for key, value in keys.items() if key in names})
    assert isinstance(feature, Ngrams)
    tokens = tokenize(TEXTS, "whitespace")
    feature.count(tokens)
    feature.fit()
    ids, (bounds,) = feature.of_rows(feature.compute(tokens))
    rows = [torch.from_numpy(ids[first:last].astype(np.int64)) for first, last in pairwise(bounds)]
    words, characters = feature.ngrams
    padded = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
    return NgramScores((feature,), 3, **keys), padded, [" ".join(ngram) for ngram in words] + characters


def counted(module: NgramScores, ids: torch.Tensor) -> torch.Tensor:
    """What each n-gram counts in each text, [B, ids]."""
    return torch.zeros(len(ids), len(module.table)).scatter_add(1, ids, module.worth(ids))[:, 1:]


@pytest.mark.parametrize(
    ("keys", "vectorizer"),
    [
        ({"values": "tfidf", "scale": 1.0}, TfidfVectorizer(sublinear_tf=True)),
        ({"values": "tfidf", "scale": 1.0, "norm": False}, TfidfVectorizer(sublinear_tf=True, norm=None)),
        ({"values": "count", "scale": 3.0, "norm": False}, CountVectorizer()),
        ({"values": "binary", "scale": 3.0, "norm": False}, CountVectorizer(binary=True)),
        ({"values": "count", "scale": 3.0}, TfidfVectorizer(use_idf=False)),
    ],
)
@pytest.mark.parametrize("kind", ["words", "characters"])
def test_n_grams_count_as_those_of_scikit_learn(keys: dict[str, Any], vectorizer: Any, kind: str) -> None:
    sizes: dict[str, Any] = {"words": [1, 2], "characters": None} if kind == "words" else {"words": None}
    sizes |= {"characters": [2, 3]} if kind == "characters" else {}
    theirs = {"ngram_range": (1, 2), "token_pattern": r"\S+"} if kind == "words" else {}
    theirs = theirs or {"ngram_range": (2, 3), "token_pattern": None}
    vectorizer.set_params(**theirs, analyzer="word" if kind == "words" else "char_wb")
    module, ids, names = made(**keys, **sizes)
    expected = vectorizer.fit_transform(TEXTS).toarray()[:, [vectorizer.vocabulary_[name] for name in names]]
    np.testing.assert_allclose(counted(module, ids).numpy(), keys["scale"] * expected, rtol=1e-5, atol=1e-6)


def test_words_and_characters_are_normed_each_for_themselves() -> None:
    module, ids, _ = made(scale=2.0)
    values = counted(module, ids)
    for part in (values[:, : module.of_words], values[:, module.of_words :]):
        torch.testing.assert_close(part.norm(dim=1), torch.tensor([2.0, 2.0, 0.0, 2.0]))


def test_scores_are_sums_and_a_bias() -> None:
    module, ids, _ = made()
    assert torch.equal(module(torch.ones(4), ids), torch.zeros(4, 3))
    module.set_prior(torch.tensor([1.0, 2.0, 3.0]))
    torch.nn.init.normal_(module.table)
    expected = counted(module, ids) @ module.table[1:] + torch.tensor([1.0, 2.0, 3.0])
    torch.testing.assert_close(module(torch.ones(4), ids), expected)
    torch.testing.assert_close(module.exportable()(torch.ones(4), ids), expected)
    assert torch.equal(module.added(expected, expected), 2 * expected)
    assert module(torch.ones(4), ids).grad_fn is not None


def test_only_rows_that_occur_have_a_gradient() -> None:
    module, ids, _ = made()
    module(torch.ones(1), ids[:1]).sum().backward()
    gradient = module.table.grad
    assert gradient is not None
    assert gradient.is_sparse
    assert set(gradient.coalesce().indices()[0].tolist()) == set(ids[0].tolist())


def test_n_grams_are_left_out_in_training() -> None:
    module, ids, _ = made(dropout=0.5, norm=False, values="binary", scale=1.0)
    torch.nn.init.ones_(module.table)
    torch.manual_seed(3)
    whole = module.eval()(torch.ones(1), ids[:1])[0, 0].detach()
    assert whole == len(ids[0].unique()) - int((ids[0] == 0).any())
    left = [float(module.train()(torch.ones(1), ids[:1])[0, 0].detach()) for _ in range(50)]
    assert len(set(left)) > 5
    assert all(value % 2 == 0 for value in left)  # those that are there count twice
    assert abs(sum(left) / 50 - float(whole)) < 6


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (
            {"words": None, "characters": None},
            "'words' or 'characters' should be sizes of n-grams. Found null at both.",
        ),
        ({"words": [2, 1]}, "'words' should be the shortest and the longest size of n-grams. Found [2, 1]."),
        ({"characters": [4, 2]}, "'characters' should be the shortest and the longest size of n-grams. Found [4, 2]."),
    ],
)
def test_sizes_have_an_order(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as raised:
        made(**keys)
    assert str(raised.value) == message
