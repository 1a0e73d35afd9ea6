import copy
import math

import numpy as np
import pytest

from benchmarks.fuzz import padded, random_texts, text_session, tokens_session
from mtl.base import registry
from mtl.base.errors import UsageError
from mtl.text.counts import TextCounts
from mtl.text.featurizer import TOKENIZERS, tokenize, tokens_from_lists
from mtl.text.front_end import FrontEnd
from mtl.text.lexical_features import InverseDocumentFrequency, WordHash

LOWERCASE = FrontEnd("whitespace", lowercase=True)
TEXTS = ["Play it again", "play, PLAY it", "", "again and again"]


def fitted(texts=TEXTS, tokenizer="unicode_words", lowercase=True, **options):
    feature = InverseDocumentFrequency(**options)
    for text in texts:  # in several batches
        feature.count(tokenize([text], FrontEnd(tokenizer, lowercase)))
    feature.fit()
    return feature


def idf(count, texts):
    return math.log(1 + (texts - count + 0.5) / (count + 0.5))


def murmur(data: bytes) -> int:
    """MurmurHash3_x86_32 as its author wrote it down, seed 0."""
    bits = 2**32 - 1

    def rotated(x: int, by: int) -> int:
        return (x << by | x >> (32 - by)) & bits

    def mixed(block: bytes) -> int:
        k = int.from_bytes(block, "little")
        return rotated(k * 0xCC9E2D51 & bits, 15) * 0x1B873593 & bits

    h = 0
    whole = len(data) // 4 * 4
    for i in range(0, whole, 4):
        h = (rotated(h ^ mixed(data[i : i + 4]), 13) * 5 + 0xE6546B64) & bits
    h ^= mixed(data[whole:]) ^ len(data)
    h = (h ^ h >> 16) * 0x85EBCA6B & bits
    h = (h ^ h >> 13) * 0xC2B2AE35 & bits
    return h ^ h >> 16


def test_hashes_are_those_of_the_published_algorithm():
    # Published test vectors of MurmurHash3_x86_32 with the seed 0.
    assert (murmur(b""), murmur(b"test"), murmur(b"Hello, world!")) == (0, 0xBA6BD213, 0xC0363E43)
    texts = random_texts(2000, np.random.default_rng(7))
    for lowercase in (False, True):
        tokens = tokenize(texts, FrontEnd("unicode_words", lowercase))
        wanted = [murmur(word.encode()) for row in tokens.normalized() for word in row]
        ragged = WordHash().compute(tokens)
        assert ragged.values.dtype == np.uint32
        assert ragged.values.tolist() == wanted
        assert ragged.offsets[0].tolist() == tokens.row_offsets.tolist()


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@pytest.mark.parametrize("lowercase", [False, True])
def test_both_faces_are_equal_on_random_texts(tokenizer, lowercase):
    texts = ["play Hey Jude!", "", "É Paris\n", *random_texts(3000, np.random.default_rng(4))]
    features = (WordHash(), fitted(texts[::2], tokenizer, lowercase), fitted(texts, tokenizer, lowercase, min_count=2))
    graph = text_session(FrontEnd(tokenizer, lowercase), features)
    for start in range(0, len(texts), 500):
        part = texts[start : start + 500]
        tokens = tokenize(part, FrontEnd(tokenizer, lowercase))
        answers = graph.run(None, {"text": np.array(part, object)})[2:]
        assert [answer.dtype for answer in answers] == [np.int64, np.float32, np.float32]
        for feature, answer in zip(features, answers, strict=True):
            expected = padded(feature.compute(tokens))
            np.testing.assert_array_equal(answer, expected)
            assert (expected > 0).any()
            behind = np.arange(answer.shape[1]) >= tokens.lengths[:, None]
            assert not answer[behind].any()


def test_both_faces_are_equal_on_ready_made_tokens():
    rows = [["New York", "É!", "x"], [], ["", "a" * 50], ["Play"]]
    features = (WordHash(), fitted(["new", "play x"], "whitespace"))
    grid = np.array([row + ["behind"] * (3 - len(row)) for row in rows], object)
    lengths = np.array([len(row) for row in rows], np.int64)
    answers = tokens_session(LOWERCASE, features).run(None, {"words": grid, "given_lengths": lengths})[2:]
    for feature, answer in zip(features, answers, strict=True):
        np.testing.assert_array_equal(answer, padded(feature.compute(tokens_from_lists(rows, LOWERCASE))))


def test_padding_has_nothing():
    for tokens in (tokenize(["", "  "], "whitespace"), tokens_from_lists([[], [""]])):
        assert WordHash().compute(tokens).values.tolist() == [0, 0]
        assert fitted().compute(tokens).values.tolist() == [0.0, 0.0]


def test_frequencies_are_counted_by_text():
    feature = fitted()
    values = feature.compute(tokenize(["play it and , never"], FrontEnd("unicode_words", True))).values
    wanted = [idf(2, 4), idf(2, 4), idf(1, 4), idf(1, 4), idf(0, 4)]
    assert values.dtype == np.float32
    assert values.tolist() == pytest.approx(wanted, rel=1e-6)
    assert max(wanted) == wanted[-1]


def test_words_of_few_texts_count_as_never_seen():
    feature = fitted(min_count=2)
    assert feature.words.entries == ("again", "it", "play")
    values = feature.compute(tokenize(["and never"], FrontEnd("unicode_words", True))).values.tolist()
    assert values == pytest.approx([idf(0, 4)] * 2, rel=1e-6)


def test_nothing_counted():
    feature = InverseDocumentFrequency()
    feature.fit()
    assert feature.compute(tokenize(["a"], FrontEnd("whitespace", True))).values.tolist() == pytest.approx([idf(0, 0)])


def test_fitting_starts_over_each_time():
    feature = fitted()
    feature.count(tokenize(["new"], FrontEnd("whitespace", True)))
    feature.fit()
    assert feature.state() == {"words": ["new"], "frequencies": [1], "texts": 1}


def test_state():
    feature, twin = fitted(), InverseDocumentFrequency()
    twin.load_state(feature.state())
    assert twin.state() == feature.state()
    assert feature.state()["texts"] == 4
    tokens = tokenize(TEXTS, FrontEnd("unicode_words", True))
    assert twin.compute(tokens).values.tolist() == feature.compute(tokens).values.tolist()
    assert WordHash().state() == {}


def test_keys():
    assert WordHash().key == ("word_hash", 1)
    assert (WordHash().size, InverseDocumentFrequency().size) == (None, None)  # numbers, no ids of a vocabulary
    assert InverseDocumentFrequency(min_count=2).key == ("inverse_document_frequency", 1, ("min_count", 2))
    assert registry.lookup("feature", "word_hash") is WordHash
    assert registry.lookup("feature", "inverse_document_frequency") is InverseDocumentFrequency
    assert WordHash().exportable
    assert InverseDocumentFrequency().exportable


def test_a_fitted_feature_is_copied_with_its_values():
    twin = copy.deepcopy(fitted())
    assert twin.state() == fitted().state()
    tokens = tokenize(TEXTS, FrontEnd("unicode_words", True))
    assert np.array_equal(twin.compute(tokens).values, fitted().compute(tokens).values)


def test_use_before_fitting():
    with pytest.raises(UsageError) as caught:
        InverseDocumentFrequency().compute(tokenize(["a"], "whitespace"))
    assert str(caught.value) == ("InverseDocumentFrequency(min_count=1) should be fitted before it computes anything.")


def test_text_counts():
    counts = TextCounts()
    counts.add(tokenize(["b A a", "", "a"], "whitespace"))
    counts.add(tokens_from_lists([["a", "a"], [], ["", "b"]]))
    assert counts.items() == [("b", 2), ("A", 1), ("a", 3)]
    assert counts.texts == 6
    lowered = TextCounts()
    lowered.add(tokenize(["b A a", "B"], FrontEnd("whitespace", True)))
    assert lowered.items() == [("b", 2), ("a", 1)]
