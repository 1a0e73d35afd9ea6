"""Characters of texts with blanks between tokens: equal in training and in the graph, however tokens were parted."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.fuzz import padded, random_texts, text_session, tokens_session
from mtl.text.features import Feature
from mtl.text.featurizer import tokenize, tokens_from_lists
from mtl.text.front_end import FrontEnd
from mtl.text.pieces import PieceCounts, PieceIds, reads_pieces
from mtl.text.spelling import SpelledCounts, SpelledIds

TEXTS = ["Play some Music", "", "a", "tomorrow ?", "x" * 40 + " é\u0301日本語"]
FRONT = FrontEnd(lowercase=True)


def features(max_length: int = 32) -> tuple[Feature, ...]:
    found = (SpelledIds(max_length=max_length), SpelledCounts(max_length=max_length))
    found[0].count(tokenize(TEXTS, FRONT))
    found[0].fit()
    return found


def test_every_token_has_its_characters_and_a_blank() -> None:
    found = SpelledIds(max_length=3)
    found.count(tokenize(["abba  b", "c"], "whitespace"))
    found.fit()
    assert found.vocabulary.entries == (" ", "b", "a", "c")
    tokens = tokenize(["b\tabba", "", "dc"], "whitespace")
    values = found.compute(tokens).along_rows()
    assert values.values.tolist() == [3, 2, 4, 3, 3, 2, 0, 1, 5, 2]
    assert values.offsets[0].tolist() == [0, 6, 7, 10]
    assert SpelledCounts(max_length=3).compute(tokens).values.tolist() == [2, 4, 1, 3]


def test_white_space_between_tokens_says_nothing() -> None:
    ids, _ = features()
    one, other = (ids.compute(tokenize([text], FRONT)).values.tolist() for text in ("play it", " play\n\n it "))
    assert one == other


@pytest.mark.parametrize("max_length", [4, 32])
def test_both_sides_are_equal_on_random_texts(max_length: int) -> None:
    texts = [*TEXTS, *random_texts(600, np.random.default_rng(4))]
    ids, counts = features(max_length)
    graph = text_session(FRONT, (ids, counts))
    for start in range(0, len(texts), 100):
        part = texts[start : start + 100]
        tokens = tokenize(part, FRONT)
        _, _, found_ids, found_counts = graph.run(None, {"text": np.array(part, object)})
        np.testing.assert_array_equal(found_ids, padded(ids.compute(tokens).along_rows()))
        np.testing.assert_array_equal(found_counts, padded(counts.compute(tokens)))


def test_both_sides_are_equal_on_ready_made_tokens() -> None:
    rows = [["some", "Play"], [], ["", "a" * 50]]
    ids, counts = features()
    grid = np.array([row + ["after"] * (2 - len(row)) for row in rows], object)
    feed = {"words": grid, "given_lengths": np.array([len(row) for row in rows])}
    _, _, found_ids, found_counts = tokens_session(FRONT, (ids, counts)).run(None, feed)
    tokens = tokens_from_lists(rows, FRONT)
    np.testing.assert_array_equal(found_ids, padded(ids.compute(tokens).along_rows()))
    np.testing.assert_array_equal(found_counts, padded(counts.compute(tokens)))
    assert found_counts.tolist() == [[5, 5], [1, 0], [1, 33]]


def test_a_tokenizer_needs_no_pieces_for_them() -> None:
    assert [reads_pieces(feature) for feature in (PieceIds(), PieceCounts(), *features())] == [True, True, False, False]
