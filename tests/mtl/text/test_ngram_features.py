"""N-grams of texts: which there are, and that both sides find the same ones."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import onnx_ir as ir
import pytest
from numpy.typing import NDArray
from onnx_ir.tape import Tape
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

from benchmarks.fuzz import BATCH, FRONT_ENDS, differing_rows, random_texts, text_session, tokens_session
from mtl.base.errors import UsageError
from mtl.export.front_end import text_front_end
from mtl.text.featurizer import MAX_NGRAM_CHARACTERS, tokenize, tokens_from_lists
from mtl.text.front_end import FrontEnd
from mtl.text.ngram_features import Ngrams
from mtl.text.ngram_graph import NgramTrie, ngram_ids

LOWERCASE = FrontEnd("unicode_words", lowercase=True)


def fitted(texts: Sequence[str], front_end: FrontEnd = LOWERCASE, **keys: Any) -> Ngrams:
    feature = Ngrams(**keys)
    feature.count(tokenize(texts, front_end))
    feature.fit()
    return feature


def found(feature: Ngrams, text: str, front_end: FrontEnd = LOWERCASE) -> list[str]:
    """The n-grams of a text, in the order of their ids, on both sides."""
    tokens = tokenize([text], front_end)
    answers = text_session(front_end, (feature,)).run(None, {"text": np.array([text], object)})
    assert differing_rows(tokens, (feature,), answers) == set()
    words, characters = feature.ngrams
    names = ["", *(" ".join(ngram) for ngram in words), *(f"<{ngram}>" for ngram in characters)]
    ids: NDArray[np.int32] = feature.of_rows(feature.compute(tokens)).values
    assert ids.tolist() == sorted(ids.tolist(), reverse=True)
    return [names[number] for number in reversed(ids.tolist())]


def test_words_and_characters_inside_spaces() -> None:
    feature = fitted(["Hey Jude", "hey !"], words=(1, 2), characters=(3, 4))
    assert feature.ngrams == (
        [["hey"], ["!"], ["hey", "!"], ["hey", "jude"], ["jude"]],
        [" he", " hey", "ey ", "hey", "hey ", " ! ", " ju", " jud", "de ", "jud", "jude", "ude", "ude "],
    )
    assert feature.size == 19
    assert found(feature, "HEY hey!") == ["hey", "hey", "!", "hey !"] + [
        *("< he>", "< he>", "< hey>", "< hey>", "<ey >", "<ey >", "<hey>", "<hey>", "<hey >", "<hey >", "< ! >")
    ]
    assert found(feature, "judey jude") == ["jude", "<ey >", "< ju>", "< ju>", "< jud>", "< jud>"] + [
        *("<de >", "<jud>", "<jud>", "<jude>", "<jude>", "<ude>", "<ude>", "<ude >")
    ]
    assert found(feature, "") == []
    assert found(feature, "unknown") == []


def test_sizes_may_be_left_out() -> None:
    assert fitted(["a b"], words=None, characters=(1, 2)).ngrams == ([], [" ", " a", " b", "a", "a ", "b", "b "])
    assert fitted(["a b c"], words=(2, 3), characters=None).ngrams == ([["a", "b"], ["a", "b", "c"], ["b", "c"]], [])
    assert found(fitted([""], words=(1, 2), characters=(2, 4)), "a b") == []


def test_few_texts_have_an_n_gram() -> None:
    texts = ["a a b", "a c", "c"]
    assert fitted(texts, words=(1, 1), characters=None, min_count=2).ngrams == ([["a"], ["c"]], [])
    assert fitted(texts, words=(1, 1), characters=(1, 1), max_size=3).ngrams == ([["a"], ["c"]], [" "])


def test_a_long_word_is_cut() -> None:
    word = "x" * (MAX_NGRAM_CHARACTERS - 1) + "yz"
    feature = fitted([word, "yz"], words=None, characters=(2, 3))
    assert found(feature, word).count("<xy >") == 1
    assert not [ngram for ngram in found(feature, word) if "z" in ngram]


def test_tokens_that_came_as_such() -> None:
    whole = FrontEnd("whitespace")
    feature = Ngrams(words=(1, 2), characters=(2, 2))
    rows = [["New York", "", "x"], [], ["x", "New York"]]
    feature.count(tokens_from_lists(rows))
    feature.fit()
    assert feature.ngrams[0] == [["New York"], ["x"], ["x", "New York"]]
    padded = np.array([["New York", "", "x"], ["", "", ""], ["x", "New York", ""]], object)
    answers = tokens_session(whole, (feature,)).run(None, {"words": padded, "given_lengths": np.array([3, 0, 2])})
    assert differing_rows(tokens_from_lists(rows), (feature,), answers) == set()


def test_counts_and_frequencies_are_those_of_scikit_learn() -> None:
    texts = ["play hey jude now", "hey hey you", "", "a song that you play"]
    for keys, theirs in (
        ({"words": (1, 2), "characters": None}, {"ngram_range": (1, 2), "token_pattern": r"\S+"}),
        # Theirs has the whole of a word that is too short for an n-gram in place of none.
        ({"words": None, "characters": (2, 3)}, {"ngram_range": (2, 3), "analyzer": "char_wb"}),
    ):
        feature = fitted(texts, FrontEnd("whitespace"), **keys)
        vectorizer = CountVectorizer(**theirs)
        counts = vectorizer.fit_transform(texts)
        words, characters = feature.ngrams
        names = [" ".join(ngram) for ngram in words] + characters
        assert sorted(names) == sorted(vectorizer.vocabulary_)
        columns = [vectorizer.vocabulary_[name] for name in names]
        ids, (bounds,) = feature.of_rows(feature.compute(tokenize(texts, "whitespace")))
        for row, (first, last) in enumerate(pairwise(bounds)):
            mine = np.bincount(ids[first:last], minlength=len(names) + 1)[1:]
            assert mine.tolist() == counts[row].toarray()[0, columns].tolist()
        weights = TfidfTransformer().fit(counts).idf_[columns]
        np.testing.assert_allclose(feature.inverse_document_frequencies(), [0, *weights], rtol=1e-6)


def test_what_is_fitted_is_kept() -> None:
    feature = fitted(["play hey jude", "hey"])
    other = Ngrams()
    other.load_state(feature.state())
    assert other.ngrams == feature.ngrams
    assert other.inverse_document_frequencies().tolist() == feature.inverse_document_frequencies().tolist()
    tokens = tokenize(["hey jude"], LOWERCASE)
    assert copy.deepcopy(other).compute(tokens).values.tolist() == feature.compute(tokens).values.tolist()


def test_what_is_not_fitted_has_no_n_grams() -> None:
    feature = Ngrams(words=(1, 1), characters=None)
    assert feature.size is None
    with pytest.raises(UsageError) as raised:
        feature.compute(tokenize(["a"], "whitespace"))
    assert str(raised.value) == (
        "Ngrams(words=(1, 1), characters=None, min_count=1, max_size=None) should be fitted before its n-grams are "
        "used."
    )


def test_a_trie_of_nothing() -> None:
    assert NgramTrie.of([], 1).edges == []


def test_each_edge_of_the_tries_is_in_the_graph_once() -> None:
    feature = fitted(["play hey jude now", "hey you"], words=(1, 3), characters=(1, 4))
    words, characters = feature.ngrams
    tape = Tape()
    text = ir.val("text", dtype=ir.DataType.STRING, shape=("B",))
    ngram_ids(tape, text_front_end(tape, text, LOWERCASE), words, characters)
    keys = [node.attributes["keys_int64s"].as_ints() for node in tape.nodes if "keys_int64s" in node.attributes]
    prefixes = {(ngram[:n], n) for ngram in [*map(tuple, words), *characters] for n in range(1, len(ngram) + 1)}
    assert len(keys) == 3 + 4
    assert sum(map(len, keys)) == len(prefixes)


CONFIGURATIONS: tuple[dict[str, Any], ...] = (
    {"words": (1, 2), "characters": (2, 4)},
    {"words": (1, 3), "characters": (1, 4), "max_size": 20_000},
    {"words": (2, 2), "characters": None},
    {"words": None, "characters": (3, 5), "max_size": 3_000},
)


@pytest.mark.parametrize("count", [4_000, pytest.param(200_000, marks=pytest.mark.slow)])
def test_both_sides_are_equal_on_random_texts(count: int) -> None:
    generator = np.random.default_rng(7)
    for number, start in enumerate(range(0, count, 1_000)):
        texts = sorted(random_texts(min(1_000, count - start), generator), key=len)
        front_end = FRONT_ENDS[number % len(FRONT_ENDS)]
        feature = fitted(texts[::2], front_end, **CONFIGURATIONS[number % len(CONFIGURATIONS)])
        graph = text_session(front_end, (feature,))
        for first in range(0, len(texts), BATCH):
            batch = texts[first : first + BATCH]
            answers = graph.run(None, {"text": np.array(batch, object)})
            bad = differing_rows(tokenize(batch, front_end), (feature,), answers)
            assert [batch[row] for row in sorted(bad)] == []
