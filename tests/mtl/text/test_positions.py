import numpy as np
import pytest

from benchmarks.fuzz import padded, random_texts, text_session, tokens_session
from mtl.text.featurizer import TOKENIZERS, tokenize, tokens_from_lists
from mtl.text.front_end import FrontEnd
from mtl.text.positions import Positions


def test_tokens_are_numbered_from_one_in_each_text():
    ragged = Positions().compute(tokenize(["play it again", "", "hey"], "whitespace"))
    assert ragged.values.dtype == np.int32
    assert ragged.values.tolist() == [1, 2, 3, 0, 1]
    assert [offsets.tolist() for offsets in ragged.offsets] == [[0, 3, 4, 5]]


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_both_faces_are_equal(tokenizer):
    texts = random_texts(1500, np.random.default_rng(11))
    front_end = FrontEnd(tokenizer, max_tokens=20)
    graph = text_session(front_end, (Positions(),))
    for start in range(0, len(texts), 500):
        part = texts[start : start + 500]
        (answer,) = graph.run(None, {"text": np.array(part, object)})[2:]
        assert answer.dtype == np.int64
        np.testing.assert_array_equal(answer, padded(Positions().compute(tokenize(part, front_end))))


def test_both_faces_are_equal_on_ready_made_tokens():
    rows = [["New York", "!", "x"], [], ["", "a", ""], ["Play"]]
    grid = np.array([row + ["after"] * (3 - len(row)) for row in rows], object)
    lengths = np.array([len(row) for row in rows], np.int64)
    (answer,) = tokens_session(FrontEnd(), (Positions(),)).run(None, {"words": grid, "given_lengths": lengths})[2:]
    assert answer.tolist() == [[1, 2, 3], [0, 0, 0], [0, 2, 0], [1, 0, 0]]
    np.testing.assert_array_equal(answer, padded(Positions().compute(tokens_from_lists(rows))))
