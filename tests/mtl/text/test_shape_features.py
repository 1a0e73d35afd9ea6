import copy

import numpy as np
import pytest

from benchmarks.fuzz import POOLS, padded, random_texts, segments, text_session, tokens_session
from mtl.base.errors import UsageError
from mtl.text.featurizer import TOKENIZERS, tokenize, tokens_from_lists
from mtl.text.front_end import FrontEnd
from mtl.text.shape_features import AffixIds, WordShapes
from mtl.text.shapes import SHAPES

LOWERCASE = FrontEnd("whitespace", lowercase=True)


def fitted(texts, front_end=LOWERCASE, **options):
    feature = AffixIds(**options)
    for text in texts:  # in several batches
        feature.count(tokenize([text], front_end))
    feature.fit()
    return feature


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ("padding", [""]),
        ("signs", ["!", "--", "…", "\u0301", "😀", "\x00"]),
        ("lower", ["play", "don't", "ß", "日本", "e\u0301", "ª"]),
        ("initial", ["Play", "I", "Évry", "'Tis", "Ǆivo", "E\u0301a"]),
        ("upper", ["USA", "U.S.", "ÉA", "AT&T"]),
        ("mixed", ["iPhone", "McDonald", "aB", "日A"]),
        ("digits and letters", ["A8", "1st", "٣a", "4-H"]),
        ("two digits", ["90", "٣٤"]),
        ("four digits", ["1990"]),
        ("digits and dash", ["09-96", "1,2-3", "-5"]),
        ("digits and slash", ["11/9/89", "1/2.5"]),
        ("digits and comma", ["23,000.00"]),
        ("digits and period", ["1.00", "1:0."]),
        ("digits and colon", ["6:30"]),
        ("other digits", ["7", "456789", "5%", "123", "12%"]),
    ],
)
def test_shapes_on_both_sides(shape, words):
    feature = WordShapes()
    tokens = tokens_from_lists([[word] for word in words], LOWERCASE)
    assert [SHAPES[id_] for id_ in feature.compute(tokens).values] == [shape] * len(words)
    given = {"words": np.array([[word] for word in words], object), "given_lengths": np.ones(len(words), np.int64)}
    (*_, answer) = tokens_session(LOWERCASE, (feature,)).run(None, given)
    assert [SHAPES[id_] for id_ in answer[:, 0]] == [shape] * len(words)


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@pytest.mark.parametrize("lowercase", [False, True])
def test_both_faces_are_equal_on_random_texts(tokenizer, lowercase):
    generator = np.random.default_rng(4)
    numbers = segments(POOLS["numbers"], 500, generator)
    texts = ["play Hey Jude!", "", "É Paris\n", *random_texts(1500, generator), *numbers]
    front_end = FrontEnd(tokenizer, lowercase)
    options = ({}, {"prefixes": 0, "suffixes": 1}, {"prefixes": 4, "suffixes": 0, "min_count": 1})
    features = (WordShapes(), *(fitted(texts[::2], front_end, **own) for own in options))
    graph = text_session(front_end, features)
    for start in range(0, len(texts), 250):
        part = texts[start : start + 250]
        tokens = tokenize(part, front_end)
        for feature, answer in zip(features, graph.run(None, {"text": np.array(part, object)})[2:], strict=True):
            assert answer.dtype == np.int64
            np.testing.assert_array_equal(answer, padded(feature.compute(tokens)))


def test_shapes_are_those_of_the_text_affixes_those_of_what_is_looked_up():
    texts, front_end = ["Play PLAY play"], FrontEnd("whitespace", lowercase=True)
    tokens = tokenize(texts, front_end)
    assert [SHAPES[id_] for id_ in WordShapes().compute(tokens).values] == ["initial", "upper", "lower"]
    feature = fitted(texts, front_end, prefixes=1, suffixes=2, min_count=3)
    assert feature.state() == {"prefixes": ["p"], "suffixes": ["ay", "y"]}
    assert feature.compute(tokens).values.tolist() == [2, 4, 3] * 3


def test_affixes():
    feature = fitted(["walking talking", "Walk é"], prefixes=2, suffixes=3, min_count=2)
    assert feature.state() == {"prefixes": ["w", "wa"], "suffixes": ["g", "ing", "ng"]}
    assert feature.size == 7
    ragged = feature.compute(tokenize(["wing é", ""], LOWERCASE))
    assert ragged.values.tolist() == [2, 1, 4, 6, 5, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0]
    assert [offsets.tolist() for offsets in ragged.offsets] == [[0, 2, 3], [0, 5, 10, 15]]


def test_a_prefix_and_a_suffix_of_equal_letters_have_ids_of_their_own():
    feature = fitted(["aa", "aa"], prefixes=1, suffixes=1)
    assert feature.compute(tokenize(["aa"], LOWERCASE)).values.tolist() == [2, 3]


def test_state():
    feature, twin = fitted(["play it", "play"]), AffixIds()
    assert twin.size is None
    twin.load_state(feature.state())
    assert (twin.state(), twin.size, twin.key) == (feature.state(), feature.size, feature.key)
    tokens = tokenize(["play"], LOWERCASE)
    assert copy.deepcopy(twin).compute(tokens).values.tolist() == feature.compute(tokens).values.tolist()
    assert (WordShapes().size, WordShapes().key, WordShapes().state()) == (15, ("word_shapes", 1), {})
    assert AffixIds().key == ("affix_ids", 1, ("prefixes", 3), ("suffixes", 3), ("min_count", 2))


def test_fitting_starts_over_each_time():
    feature = fitted(["play"], min_count=1)
    feature.count(tokenize(["x"], LOWERCASE))
    feature.fit()
    assert feature.state() == {"prefixes": ["x"], "suffixes": ["x"]}


def test_use_before_fitting():
    with pytest.raises(UsageError) as caught:
        AffixIds().compute(tokenize(["a"], "whitespace"))
    assert str(caught.value) == (
        "AffixIds(prefixes=3, suffixes=3, min_count=2) should be fitted before its vocabularies are used."
    )


@pytest.mark.parametrize(("prefixes", "suffixes"), [(0, 0), (-1, 2), (2, 1001)])
def test_bounds_of_affixes(prefixes, suffixes):
    with pytest.raises(UsageError) as caught:
        AffixIds(prefixes=prefixes, suffixes=suffixes)
    assert str(caught.value) == (
        "prefixes and suffixes should be numbers from 0 to 1000, not both 0. "
        f"Found {prefixes} prefixes and {suffixes} suffixes."
    )
