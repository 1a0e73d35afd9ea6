import copy
import json
import pickle

import pytest

from mtl.text.vocabulary import Vocabulary


def test_order_is_by_count_then_code_point():
    counts = [("b", 2), ("é", 2), ("a", 2), ("Z", 2), ("rare", 1), ("often", 9), ("", 50)]
    vocabulary = Vocabulary.build(counts, min_count=2)
    assert vocabulary.tokens == ("", "<unknown>", "often", "Z", "a", "b", "é")
    assert Vocabulary.build(reversed(counts), min_count=2) == vocabulary
    assert len(vocabulary) == 7


def test_size_is_bounded():
    counts = [(str(i), 10 - i) for i in range(10)]
    assert Vocabulary.build(counts, max_size=3).entries == ("0", "1", "2")
    assert Vocabulary.build(counts, max_size=0).entries == ()


def test_ids():
    vocabulary = Vocabulary(["a", "<unknown>"])
    assert [vocabulary.id(t) for t in ("", "b", "a", "<unknown>")] == [0, 1, 2, 3]


def test_copies_look_up_the_same():
    vocabulary = Vocabulary(["a", "b"])
    assert vocabulary.words is vocabulary.words
    for twin in (copy.deepcopy(vocabulary), pickle.loads(pickle.dumps(vocabulary))):  # noqa: S301  # our own bytes
        assert twin == vocabulary
        assert hash(twin) == hash(vocabulary)
        assert twin.id("b") == 3
    assert vocabulary != Vocabulary(["b", "a"])
    assert vocabulary != ("a", "b")


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        (["a", "b", "a"], "the entries of a vocabulary should be distinct. Found 'a' twice."),
        (["a", ""], "an entry of a vocabulary should be a string of at least one character. Found ''."),
    ],
)
def test_entries_that_would_have_no_id_of_their_own(entries, message):
    with pytest.raises(ValueError) as caught:
        Vocabulary(entries)
    assert str(caught.value) == message


def test_entries_survive_json():
    odd = Vocabulary(["a", "\x00", "é", "日本", "\u2028", '"', "😀", "\n"])
    assert Vocabulary(json.loads(json.dumps(odd.entries))) == odd
