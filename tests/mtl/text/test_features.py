import copy

import numpy as np
import pytest

from benchmarks.fuzz import OPSETS, padded, random_texts, text_session, tokens_session
from mtl.base import registry
from mtl.base.errors import UsageError
from mtl.text.features import CharacterIds, Feature, Ragged, WordIds
from mtl.text.featurizer import TOKENIZERS, tokenize, tokens_from_lists
from mtl.text.front_end import FrontEnd

TEXTS = ["Play Hey Jude", "", "play É it!", "   ", "play play"]


def fitted(feature, texts=TEXTS, tokenizer="unicode_words", lowercase=True):
    feature.count(tokenize(texts, FrontEnd(tokenizer, lowercase)))
    feature.fit()
    return feature


class IsTitle(Feature):
    """Written as a user would: 1 for a word that begins with an ASCII capital."""

    size = 2

    def compute(self, tokens):
        return Ragged.of([["A" <= word[:1] <= "Z" for word in row] for row in tokens.strings()], self.dtype)

    def onnx(self, tape, tokens):
        title = tape.op("RegexFullMatch", [tokens.surface], {"pattern": "(?s)[A-Z].*"})
        return tape.op("Cast", [title], {"to": 7})  # int64


class InLexicon(Feature):
    """A number instead of an id, an option, and a look-up of the tokens as normalised."""

    dtype = np.float32

    def __init__(self, *, words: tuple[str, ...], value: float = 0.5) -> None:
        self.words = words
        self.value = value

    def compute(self, tokens):
        rows = tokens.normalized()
        return Ragged.of([[self.value * (word in self.words) for word in row] for row in rows], self.dtype)

    def onnx(self, tape, tokens):
        attributes = {
            "keys_strings": list(self.words),
            "values_floats": [self.value] * len(self.words),
            "default_float": 0.0,
        }
        return tokens.grid(tape, tape.op("LabelEncoder", [tokens.flat], attributes, domain="ai.onnx.ml"))


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@pytest.mark.parametrize("lowercase", [False, True])
def test_custom_features_have_two_equal_faces(tokenizer, lowercase):
    texts = ["play Hey Jude!", "", "É Paris\n", *random_texts(300, np.random.default_rng(4))]
    features = (IsTitle(), InLexicon(words=("play", "É", "é", "paris")))
    answers = text_session(FrontEnd(tokenizer, lowercase), features).run(None, {"text": np.array(texts, object)})
    for feature, answer in zip(features, answers[2:], strict=True):
        expected = padded(feature.compute(tokenize(texts, FrontEnd(tokenizer, lowercase))))
        assert expected.any()
        np.testing.assert_array_equal(answer, expected)


def test_ragged_of_rows():
    ragged = Ragged.of([[1, 2], [], [3]], np.int32)
    assert (ragged.values.tolist(), ragged.values.dtype) == ([1, 2, 3], np.int32)
    assert ragged.offsets[0].tolist() == [0, 2, 2, 3]
    assert Ragged.of([], np.float32).offsets[0].tolist() == [0]


def test_word_ids():
    feature = fitted(WordIds(min_count=2))
    assert feature.vocabulary.entries == ("play",)
    assert feature.size == 3
    ragged = feature.compute(tokenize(TEXTS, FrontEnd("unicode_words", True)))
    assert ragged.values.tolist() == [2, 1, 1, 0, 2, 1, 1, 1, 0, 2, 2]
    assert ragged.offsets[0].tolist() == [0, 3, 4, 8, 9, 11]


def test_character_ids():
    feature = fitted(CharacterIds(max_length=2), ["ab Abc"], lowercase=False)
    assert feature.vocabulary.entries == ("b", "A", "a")
    ragged = feature.compute(tokenize(["abc", ""], "whitespace"))
    assert ragged.values.tolist() == [4, 2]
    assert [offsets.tolist() for offsets in ragged.offsets] == [[0, 1, 2], [0, 2, 2]]
    assert (CharacterIds.dims, WordIds.dims) == (("T", "C"), ("T",))


def test_fitting_starts_over_each_time():
    feature = fitted(fitted(WordIds()), ["new"])
    assert feature.vocabulary.entries == ("new",)


def test_state():
    for feature in (fitted(WordIds(max_size=2)), fitted(CharacterIds())):
        twin = type(feature)(**dict(feature.key[2:]))
        assert twin.size is None
        twin.load_state(feature.state())
        assert (twin.vocabulary, twin.size, twin.key) == (feature.vocabulary, feature.size, feature.key)


def test_keys_are_options_with_their_defaults():
    assert WordIds().key == WordIds(min_count=1).key == ("word_ids", 1, ("min_count", 1), ("max_size", None))
    assert WordIds().key != WordIds(max_size=5).key
    assert CharacterIds().key != CharacterIds(max_length=31).key
    assert IsTitle().key == ("IsTitle", 1)
    assert InLexicon(words=("a",)).key == ("InLexicon", 1, ("words", ("a",)), ("value", 0.5))
    assert copy.deepcopy(WordIds(max_size=5)).key == WordIds(max_size=5).key
    assert repr(WordIds(max_size=5)) == "WordIds(min_count=1, max_size=5)"


def test_a_subclass_is_another_feature():
    class Stems(WordIds):
        def __init__(self, *, letters: int = 4, **options: int) -> None:
            super().__init__(**options)

    name = "test_a_subclass_is_another_feature.<locals>.Stems"
    assert Stems(min_count=3).key == (name, 1, ("letters", 4), ("min_count", 3))
    assert Stems(min_count=3).key != Stems(min_count=2).key


def test_options_that_change_are_in_the_key_as_they_are():
    class Lists(Feature):
        def __init__(self, words, table=None) -> None:
            pass

    keys = {Lists(["a"]).key, Lists(["b"]).key, Lists(("a",)).key, Lists(["a"], {"x": [1]}).key, Lists({"a"}).key}
    assert len(keys) == 4
    assert Lists(["a"], {"y": 2, "x": 1}).key == Lists(words=["a"], table={"x": 1, "y": 2}).key


def test_registered():
    assert registry.lookup("feature", "word_ids") is WordIds
    assert registry.lookup("feature", "character_ids") is CharacterIds


def test_a_feature_without_the_second_face():
    class Half(Feature):
        def compute(self, tokens):
            return Ragged.of([[0] * len(row) for row in tokens.strings()], self.dtype)

    assert not Half().exportable
    assert IsTitle().exportable
    assert WordIds().exportable
    with pytest.raises(NotImplementedError) as caught:
        Half().onnx(None, None)
    assert str(caught.value) == "Half has no method 'onnx'"
    with pytest.raises(NotImplementedError) as caught:
        Feature().compute(None)
    assert str(caught.value) == "Feature does not compute anything"


@pytest.mark.parametrize("max_length", [0, 1001, -5])
def test_bounds_of_max_length(max_length):
    with pytest.raises(UsageError) as caught:
        CharacterIds(max_length=max_length)
    assert str(caught.value) == f"max_length should be a number from 1 to 1000. Found {max_length}."


def test_use_before_fitting():
    with pytest.raises(UsageError) as caught:
        WordIds(min_count=2).compute(tokenize(["a"], "whitespace"))
    assert str(caught.value) == ("WordIds(min_count=2, max_size=None) should be fitted before its vocabulary is used.")


@pytest.mark.parametrize("max_length", [1, 7, 1000])
def test_cut_words_have_two_equal_faces(max_length):
    texts = ["é" * 3000 + " 日本", "", "\n\x00b", "a" * max_length + " " + "a" * (max_length + 1)]
    feature = fitted(CharacterIds(max_length=max_length), texts, "whitespace", False)
    _, _, ids = text_session(FrontEnd("whitespace"), (feature,)).run(None, {"text": np.array(texts, object)})
    np.testing.assert_array_equal(ids, padded(feature.compute(tokenize(texts, "whitespace"))))


def test_ready_made_tokens_have_two_equal_faces():
    rows = [["New York", "É!", "x"], [], ["", "a" * 50], ["Play"]]
    lowercase = FrontEnd("whitespace", lowercase=True)
    features = (WordIds(), CharacterIds(max_length=4), IsTitle())
    for feature in features[:2]:
        feature.count(tokens_from_lists(rows[:3], lowercase))
        feature.fit()
    grid = np.array([row + ["behind"] * (3 - len(row)) for row in rows], object)
    lengths = np.array([len(row) for row in rows], np.int64)
    answers = tokens_session(lowercase, features).run(None, {"words": grid, "given_lengths": lengths})
    tokens = tokens_from_lists(rows, lowercase)
    assert answers[0].tolist() == [row + [""] * (3 - len(row)) for row in rows]
    assert answers[1].tolist() == tokens.lengths.tolist() == [3, 1, 2, 1]
    for feature, answer in zip(features, answers[2:], strict=True):
        np.testing.assert_array_equal(answer, padded(feature.compute(tokens)))


def test_graphs_use_the_opsets_they_are_built_for():
    assert OPSETS == {"": 20, "com.microsoft": 1, "ai.onnx.ml": 4}
