"""Pieces that have ids of their own, as features of tokens: nothing is counted, and a row has no more than is read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mtl.base.errors import UsageError
from mtl.text.features import can_grow
from mtl.text.featurizer import tokenize, tokens_from_lists
from mtl.text.front_end import FrontEnd
from mtl.text.own_pieces import OwnPieces, PieceVocabulary
from mtl.text.pieces import PieceCounts, PieceIds, own_rows

VOCABULARY = PieceVocabulary(27, "letters", 0, None, (), (), {})


class Letters(OwnPieces):
    """Words that white space parts, a piece a letter, by its place in the alphabet."""

    registered_name = "letters"

    def __init__(self, *, first: str = "a") -> None:
        self.first = ord(first)

    @property
    def vocabulary(self) -> PieceVocabulary:
        return VOCABULARY

    def spans(self, text: str) -> list[tuple[int, int]]:
        found, begin = [], 0
        for word in text.split(" "):
            if word:
                found.append((begin, begin + len(word)))
            begin += len(word) + 1
        return found

    def ids(self, token: str) -> list[int]:
        return [ord(letter) - self.first for letter in token]


LETTERS = FrontEnd("letters", made=Letters())


def rows(texts: list[str], **keys: Any) -> tuple[list[list[str]], list[int], list[int]]:
    """Return the tokens of texts, the ids of their pieces and how many each token has."""
    tokens = tokenize_with(texts, **keys)
    found = own_rows(tokens)
    return tokens.strings(), found.ids.tolist(), found.counts.tolist()


def tokenize_with(texts: list[str], **keys: Any) -> Any:
    front_end = replace(LETTERS, **keys)
    return front_end.made.tokenize(texts, front_end)


def test_ids_are_one_higher_than_in_the_vocabulary() -> None:
    assert rows(["ab c", ""]) == ([["ab", "c"], [""]], [1, 2, 3, 0], [2, 1, 1])


@pytest.mark.parametrize(
    ("most", "tokens", "counts", "cut"),
    [
        (1, [["abc"], ["x"]], [1, 1], 1),
        (3, [["abc"], ["x"]], [3, 1], 1),
        (4, [["abc", "de"], ["x"]], [3, 1, 1], 1),
        (5, [["abc", "de"], ["x"]], [3, 2, 1], 1),
        (6, [["abc", "de", "f"], ["x"]], [3, 2, 1, 1], 0),
    ],
)
def test_the_first_pieces_of_a_text(most: int, tokens: list[list[str]], counts: list[int], cut: int) -> None:
    found = rows(["abc de f", "x"], max_pieces=most)
    assert (found[0], found[2]) == (tokens, counts)
    assert len(found[1]) == sum(counts)
    assert tokenize_with(["abc de f", "x"], max_pieces=most).cut == cut


def test_tokens_that_are_given_keep_a_piece_each() -> None:
    front_end = replace(LETTERS, max_pieces=4)
    found = own_rows(tokens_from_lists([["abc", "defg", "h"], ["abcdefg"], []], front_end))
    assert found.counts.tolist() == [2, 1, 1, 4, 1]
    assert found.ids.tolist() == [1, 2, 4, 8, 1, 2, 3, 4, 0]


def test_features_of_them() -> None:
    ids, counts = PieceIds(), PieceCounts()
    tokens = tokenize_with(["ab c", ""])
    ids.count(tokens)
    ids.fit()
    assert (ids.size, ids.own, can_grow(ids)) == (28, VOCABULARY, False)
    ragged = ids.compute(tokens)
    assert ragged.values.tolist() == [1, 2, 3, 0]
    assert [offsets.tolist() for offsets in ragged.offsets] == [[0, 2, 3], [0, 2, 3, 4]]
    assert counts.compute(tokens).values.tolist() == [2, 1, 1]
    again = PieceIds()
    again.load_state(ids.state())
    assert again.own == VOCABULARY
    np.testing.assert_array_equal(again.compute(tokens).values, ragged.values)


def test_a_vocabulary_that_is_counted_grows() -> None:
    ids = PieceIds()
    ids.count(tokenize(["a b"], "whitespace"))
    ids.fit()
    assert can_grow(ids)
    assert not can_grow(PieceCounts())
    again = PieceIds()
    again.load_state(ids.state())
    assert again.vocabulary.entries == ("a", "b")


def test_pieces_of_a_tokenizer_that_has_no_vocabulary() -> None:
    with pytest.raises(UsageError) as caught:
        own_rows(tokenize(["a"], "whitespace"))
    assert str(caught.value) == "the tokenizer 'whitespace' should have a vocabulary. There is none."


def test_tokenizers_are_equal_that_were_made_alike() -> None:
    assert len({Letters(), Letters(first="a"), Letters(first="b")}) == 2
    assert [str(Letters()), str(Letters(first="b"))] == ["letters (first: a)", "letters (first: b)"]
    assert str(replace(LETTERS, max_tokens=3, max_pieces=9)) == "letters (first: a), first 3 tokens, first 9 pieces"
    assert LETTERS.written()["tokenizer"] == {"type": "letters", "first": "a"}
    assert LETTERS.state()["tokenizer_keys"] == {"first": "a"}
    assert LETTERS.whole == replace(LETTERS, max_tokens=3, max_pieces=9).whole
    assert LETTERS.splitting == LETTERS


def test_what_a_subclass_should_have() -> None:
    class Nothing(OwnPieces):
        """Nothing."""

    for ask in (lambda: Nothing().vocabulary, lambda: Nothing().ids("a"), lambda: Nothing().onnx_ids(None, None)):  # type: ignore[arg-type]  # nothing comes of it
        with pytest.raises(NotImplementedError):
            ask()
