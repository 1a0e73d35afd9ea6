import numpy as np
import pytest

from benchmarks.fuzz import padded, random_texts, text_session, tokens_session
from mtl.base.errors import UsageError
from mtl.text.byte_features import ByteIds
from mtl.text.featurizer import TOKENIZERS, tokenize, tokens_from_lists
from mtl.text.front_end import FrontEnd


def test_bytes_are_those_of_utf_8():
    texts = random_texts(500, np.random.default_rng(7))
    for front_end in (FrontEnd("whitespace"), FrontEnd("unicode_words", lowercase=True, nfkc=True)):
        tokens = tokenize(texts, front_end)
        words = [word.encode() for row in tokens.normalized() for word in row]
        ragged = ByteIds(max_length=9).compute(tokens)
        assert ragged.values.tolist() == [1 + byte for word in words for byte in word[:9]]
        assert ragged.offsets[0].tolist() == tokens.row_offsets.tolist()
        assert np.diff(ragged.offsets[1]).tolist() == [min(len(word), 9) for word in words]


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@pytest.mark.parametrize("max_length", [1, 6, 48])
def test_both_faces_are_equal_on_random_texts(tokenizer, max_length):
    texts = ["play Hey Jude!", "", "É Paris\n", "東京😀", "\x00", *random_texts(1500, np.random.default_rng(4))]
    feature = ByteIds(max_length=max_length)
    graph = text_session(FrontEnd(tokenizer), (feature,))
    for start in range(0, len(texts), 100):
        part = texts[start : start + 100]
        (*_, answer) = graph.run(None, {"text": np.array(part, object)})
        assert answer.dtype == np.int64
        np.testing.assert_array_equal(answer, padded(feature.compute(tokenize(part, tokenizer))))


@pytest.mark.parametrize("step", [31, pytest.param(1, marks=pytest.mark.slow)])
def test_every_character_has_its_bytes(step):
    feature = ByteIds(max_length=8)
    graph = tokens_session(FrontEnd("whitespace"), (feature,))
    every = [chr(c) for c in range(0, 0x110000, step) if not 0xD800 <= c <= 0xDFFF]
    for start in range(0, len(every), 5000):
        rows = [[character, f"{character}x{character}"] for character in every[start : start + 5000]]
        lengths = np.full(len(rows), 2, np.int64)
        (*_, answer) = graph.run(None, {"words": np.array(rows, object), "given_lengths": lengths})
        np.testing.assert_array_equal(answer, padded(feature.compute(tokens_from_lists(rows))))


@pytest.mark.parametrize("texts", [["", " "], ["a"], ["a", "", "é"]])
def test_few_bytes(texts):
    (*_, answer) = text_session(FrontEnd("whitespace"), (ByteIds(),)).run(None, {"text": np.array(texts, object)})
    np.testing.assert_array_equal(answer, padded(ByteIds().compute(tokenize(texts, "whitespace"))))


@pytest.mark.parametrize("max_length", [0, 1001])
def test_bounds_of_max_length(max_length):
    with pytest.raises(UsageError) as caught:
        ByteIds(max_length=max_length)
    assert str(caught.value) == f"max_length should be a number from 1 to 1000. Found {max_length}."


def test_ids_need_no_fitting():
    assert (ByteIds().size, ByteIds.needs_fit, ByteIds().state()) == (257, False, {})
    assert ByteIds().key == ("byte_ids", 1, ("max_length", 48))
