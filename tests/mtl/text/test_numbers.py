from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks.fuzz import padded, text_session
from mtl.text.featurizer import tokenize
from mtl.text.front_end import FrontEnd
from mtl.text.numbers import FURTHEST, IsNumber, ScaledNumber


def fitted(*batches: list[str]) -> ScaledNumber:
    feature = ScaledNumber()
    for batch in batches:
        feature.count(tokenize(batch, "number"))
    feature.fit()
    return feature


def test_mean_and_deviation_are_those_of_all_numbers_that_are_there() -> None:
    values = np.random.default_rng(0).normal(1e6, 3, 100)
    texts = [*map(repr, values.tolist())]
    feature = fitted(texts[:7], ["", ""], ["none", *texts[7:60]], texts[60:])
    assert feature.mean == pytest.approx(values.mean(), rel=1e-12)
    assert feature.deviation == pytest.approx(values.std(), rel=1e-9)
    assert feature.needs_fit


def test_numbers_are_scaled_and_others_are_zero() -> None:
    feature = fitted(["1", "3"])
    found = feature.compute(tokenize(["1", "", "2.5", "x", "1e60", "-1e60"], "number")).values
    assert found.dtype == np.float32
    assert found.tolist() == [-1, 0, 0.5, 0, FURTHEST, -FURTHEST]
    flags = IsNumber().compute(tokenize(["1", "", "x", "-.5"], "number")).values
    assert flags.tolist() == [1, 0, 0, 1]


@pytest.mark.parametrize("batches", [[["5", "5"]], [["", "x"]], []])
def test_without_a_deviation_it_counts_as_one(batches: list[list[str]]) -> None:
    feature = fitted(*batches)
    assert feature.deviation == 1.0
    assert feature.mean == (5.0 if batches and batches[0][0] else 0.0)


@pytest.mark.parametrize("text", ["0.1", "-0.7", "1e-3", "123456.789"])
def test_one_number_alone_has_no_deviation_by_rounding(text: str) -> None:
    feature = fitted([text] * 7, [text] * 30, [text])
    assert (feature.mean, feature.deviation) == (float(text), 1.0)
    feature.count(tokenize([text, "0"], "number"))  # what was counted before is gone
    feature.fit()
    assert feature.deviation == pytest.approx(abs(float(text)) / 2)


def test_numbers_whose_squares_are_too_large() -> None:
    large = "1" + "0" * 59 + "e99"
    feature = fitted([large, "0", "-" + large], [large])
    assert feature.mean == pytest.approx(2.5e139)
    assert feature.deviation == pytest.approx(1e140 * (3 / 4 - 1 / 16) ** 0.5)
    assert feature.compute(tokenize([large, "-" + large], "number")).values.tolist() == [FURTHEST, -FURTHEST]
    feature.deviation = 1e-159
    assert feature.compute(tokenize([large], "number")).values.tolist() == [FURTHEST]


def test_the_state_keeps_it_all() -> None:
    feature, other = fitted(["0.1", "0.7", "12"]), ScaledNumber()
    other.load_state(json.loads(json.dumps(feature.state())))
    tokens = tokenize(["0.3", "", "9"], "number")
    assert other.compute(tokens).values.tolist() == feature.compute(tokens).values.tolist()


@pytest.mark.parametrize("tokenizer", ["number", "whitespace"])
def test_both_faces_are_equal(tokenizer: str) -> None:
    generator = np.random.default_rng(3)
    numbers = [
        form % value
        for form in ("%.17g", "%.3f", "%+.2e", "%d")
        for value in (generator.normal(size=200) * 10.0 ** generator.integers(-6, 7, 200)).tolist()
    ]
    odd = ["", "x", "1 2", "5.", ".5", "+7", "1e999", "nan", "inf", "0x10", "1_0", "9" * 60, "9" * 61, "-0", "1e-99"]
    odd += ["\u0663", " 4 ", "3,5", "1e5 2 b", "1" + "0" * 59 + "e99"]
    features = (fitted(numbers[::3]), IsNumber())
    answers = text_session(FrontEnd(tokenizer), features).run(None, {"text": np.array(numbers + odd, object)})[2:]
    assert [answer.dtype for answer in answers] == [np.float32, np.int64]
    tokens = tokenize(numbers + odd, tokenizer)
    for feature, answer in zip(features, answers, strict=True):
        expected = padded(feature.compute(tokens))
        np.testing.assert_array_equal(answer, expected)
        assert (expected != 0).sum() > 790
