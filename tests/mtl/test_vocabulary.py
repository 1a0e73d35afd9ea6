import copy
import json
import pickle

import pytest

from mtl.errors import DataError
from mtl.vocabulary import Vocabulary


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


def test_save_and_load(tmp_path):
    vocabulary = Vocabulary(["a", "\x00", "é", "日本", "\u2028", '"', "😀", "\n"])
    vocabulary.save(tmp_path / "v.json")
    assert Vocabulary.load(tmp_path / "v.json") == vocabulary
    assert "日本" in (tmp_path / "v.json").read_text(encoding="utf-8")
    Vocabulary().save(tmp_path / "empty.json")
    assert Vocabulary.load(tmp_path / "empty.json").tokens == ("", "<unknown>")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'["a"', "should be a JSON array of strings. Found: Expecting ',' delimiter: line 1 column 5 (char 4)."),
        (
            b'["\xff"]',
            "should be a JSON array of strings. Found: 'utf-8' codec can't decode byte 0xff in position 2: "
            "invalid start byte.",
        ),
        (b'{"a": 1}', "should be a JSON array of strings. Found other JSON."),
        (b'["a", 1]', "should be a JSON array of strings. Found other JSON."),
        (b'["a", "b", "a"]', "the entries of a vocabulary should be distinct. Found 'a' twice."),
        (b'["a", ""]', "an entry of a vocabulary should be a string of at least one character. Found ''."),
    ],
)
def test_damaged_file(tmp_path, content, message):
    path = tmp_path / "v.json"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        Vocabulary.load(path)
    assert str(caught.value) == f"{path}: {message}"


def test_missing_file(tmp_path):
    path = tmp_path / "none.json"
    with pytest.raises(DataError) as caught:
        Vocabulary.load(path)
    assert str(caught.value) == f"{path}: should be a readable file. Found: No such file or directory."


def test_entries_survive_json():
    assert Vocabulary(json.loads(json.dumps(Vocabulary(["é"]).entries))) == Vocabulary(["é"])
