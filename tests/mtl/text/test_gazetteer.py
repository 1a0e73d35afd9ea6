import copy

import numpy as np
import pytest

from benchmarks.fuzz import padded, text_session
from benchmarks.gazetteers import compare, fitted
from mtl.base.errors import DataError, UsageError
from mtl.text.featurizer import tokenize, tokens_from_lists
from mtl.text.front_end import FrontEnd
from mtl.text.gazetteer import NameFlags
from mtl.text.gazetteer_graph import Trie

LOWERCASE = FrontEnd("unicode_words", lowercase=True)


def flags(lists, text, positions="bies", front_end=LOWERCASE):
    """The flags of a text's tokens, by list, on both sides."""
    feature = fitted(lists, front_end, positions)
    tokens = tokenize([text], front_end)
    found = padded(feature.compute(tokens))
    (*_, graph) = text_session(front_end, (feature,)).run(None, {"text": np.array([text], object)})
    np.testing.assert_array_equal(graph, found)
    return found[0].T.tolist()


def test_the_longest_name_is_taken_from_the_left():
    lists = [["New York", "New York City", "York City Hall", "city"]]
    assert flags(lists, "to New York City Hall and new york new city") == [[0, 1, 2, 3, 0, 0, 1, 3, 0, 4]]
    assert flags(lists, "to New York City Hall and new york", "bi") == [[0, 1, 2, 2, 0, 0, 1, 2]]
    assert flags([["a b a"]], "a b a b a") == [[1, 2, 3, 0, 0]]
    assert flags([["a a"]], "a a a a a") == [[1, 3, 1, 3, 0]]


def test_lists_are_looked_for_by_themselves():
    assert flags([["New York"], ["York", "York Minster"]], "new York minster") == [[1, 3, 0], [0, 5, 7]]


def test_names_are_cut_and_normalized_as_texts_are():
    assert flags([["St. Louis"]], "st . LOUIS st.louis") == [[1, 2, 3, 1, 2, 3]]
    assert flags([["St. Louis"]], "St. Louis st. louis", front_end=FrontEnd("whitespace")) == [[1, 3, 0, 0]]
    accents = FrontEnd(lowercase=True, strip_accents=True)
    assert flags([["São Paulo"]], "sao paulo SÃO PAULO", front_end=accents) == [[1, 3, 1, 3]]


def test_a_name_does_not_go_on_in_the_next_row():
    feature = fitted([["new york"]], LOWERCASE, "bies")
    rows = ["to new", "york", "", "new york"]
    found = feature.compute(tokenize(rows, LOWERCASE))
    assert found.values.tolist() == [0, 0, 0, 0, 1, 3]
    assert [offsets.tolist() for offsets in found.offsets] == [[0, 2, 3, 4, 6], [0, 1, 2, 3, 4, 5, 6]]
    answers = text_session(LOWERCASE, (feature,)).run(None, {"text": np.array(rows, object)})
    np.testing.assert_array_equal(answers[2], padded(found))


def test_a_token_that_is_empty_is_in_no_name():
    feature = fitted([["a b"]], FrontEnd("whitespace"), "bies")
    assert feature.compute(tokens_from_lists([["a", "", "b", "a", "b"], []])).values.tolist() == [0, 0, 0, 1, 3, 0]


@pytest.mark.parametrize("texts", [["nothing"], ["", " "], ["a", "b c", ""]])
def test_texts_without_names_have_flags_of_equal_shape(texts):
    for lists in ([["new york"], ["b"]], [["\u200b x y z"]]):
        feature = fitted(lists, LOWERCASE, "bies")
        answers = text_session(LOWERCASE, (feature,)).run(None, {"text": np.array(texts, object)})
        np.testing.assert_array_equal(answers[2], padded(feature.compute(tokenize(texts, LOWERCASE))))


def test_without_any_name():
    feature = NameFlags(lists={"a": "a.txt", "b": "b.txt"})
    feature.count(tokenize(["a"], LOWERCASE))
    feature.fit()
    answers = text_session(LOWERCASE, (feature,)).run(None, {"text": np.array(["a b"], object)})
    assert answers[2].tolist() == [[[0, 0], [0, 0]]]
    assert feature.compute(tokenize(["a b"], LOWERCASE)).values.tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("count", [4_000, pytest.param(200_000, marks=pytest.mark.slow)])
def test_both_sides_are_equal_on_random_sequences(count):
    assert compare(count, seed=3) == []


def test_a_difference_would_be_seen(monkeypatch):
    monkeypatch.setattr(
        Trie, "of", classmethod(lambda cls, types: _OF([[name[:1] for name in names] for names in types]))
    )
    assert compare(500, seed=3) != []


_OF = Trie.of


def read(folder, **texts):
    feature = NameFlags(lists={name: f"{name}.txt" for name in texts})
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, "utf-8")
    return feature, feature.read_files(folder)


def test_what_files_say_is_in_the_key_and_reported(tmp_path):
    first, of_first = read(tmp_path, city="Rome\nParis\n", artist="x")
    same, of_same = read(tmp_path, city="Paris\r\n\r\nRome\nParis", artist="x")
    other, of_other = read(tmp_path, city="Paris\nRome\nBonn", artist="x")
    assert list(of_first) == ["city (city.txt)", "artist (artist.txt)"]
    assert of_first == of_same
    assert [of_first[name] == of_other[name] for name in of_first] == [False, True]
    assert first.key == same.key != other.key
    assert first.key != NameFlags(lists=first.lists).key


def test_state_has_the_names_and_needs_no_file(tmp_path):
    feature, _ = read(tmp_path, city="New York\nROME\nrome")
    feature.count(tokenize([""], LOWERCASE))
    feature.fit()
    assert feature.state()["names"] == {"city": [["new", "york"], ["rome"]]}
    twin = NameFlags(lists={"city": "city.txt"})
    twin.load_state(feature.state())
    assert (twin.key, twin.state(), twin.size) == (feature.key, feature.state(), 5)
    tokens = tokenize(["to New York and Rome"], LOWERCASE)
    assert twin.compute(tokens).values.tolist() == feature.compute(tokens).values.tolist() == [0, 1, 3, 0, 4]
    copied = copy.deepcopy(feature)
    assert copied.compute(tokens).values.tolist() == [0, 1, 3, 0, 4]


def test_the_order_of_lists_is_in_the_key_and_the_state(tmp_path):
    one, _ = read(tmp_path, city="Rome", artist="x")
    other, _ = read(tmp_path, artist="x", city="Rome")
    assert one.key != other.key
    assert NameFlags(lists=one.lists).key != NameFlags(lists=other.lists).key
    with pytest.raises(UsageError) as caught:
        other.load_state(one.state())
    assert str(caught.value) == (
        "'lists' should be in the order in which they were learned: city, artist. Found artist, city."
    )


def test_everything_that_is_wrong_with_files_is_reported(tmp_path):
    (tmp_path / "b.txt").write_text("\n")
    (tmp_path / "c.json").write_text('{"name": [{"city": "Rome"}, {"town": "Oslo"}]}')
    feature = NameFlags(lists={"a": "a.txt", "b": "b.txt", "c": "c.json"}, columns={"c": "name.city"})
    with pytest.raises(DataError) as caught:
        feature.read_files(tmp_path)
    assert str(caught.value).splitlines() == [
        f"{tmp_path / 'a.txt'}: list 'a': should be a readable file of names. Found: No such file or directory.",
        f"{tmp_path / 'b.txt'}: list 'b': should hold at least one name. There is none.",
        f"{tmp_path / 'c.json'}: list 'c': name[1]: should have a key 'city', as 'columns' says 'name.city'. Found an "
        "object with the keys town.",
    ]
