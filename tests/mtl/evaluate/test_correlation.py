"""Correlations of labels and of numbers: those of scikit-learn and scipy, and what they are where these have none."""

from __future__ import annotations

import random

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import matthews_corrcoef

from mtl.evaluate.metrics import MatthewsCorrelation, Pearson, Spearman


@pytest.mark.parametrize("labels", ["ab", "abc", "abcdefg"])
def test_matthews_correlation_is_that_of_scikit_learn(labels: str) -> None:
    generator = random.Random(len(labels))
    for _ in range(60):
        gold = [*labels, *generator.choices(labels, k=generator.randint(0, 30))]
        predicted = [g if generator.random() < 0.5 else generator.choice(labels + "z") for g in gold]
        found = MatthewsCorrelation().compute(gold, predicted)
        assert found == {"matthews_correlation": pytest.approx(matthews_corrcoef(gold, predicted))}


def test_matthews_correlation_of_tokens_leaves_unlabelled_ones_out() -> None:
    found = MatthewsCorrelation().compute([["a", None], None, ["b", "b"]], [["a", "b"], ["a"], ["a", "b"]])
    assert found == {"matthews_correlation": pytest.approx(matthews_corrcoef(["a", "b", "b"], ["a", "a", "b"]))}


def test_matthews_correlation_of_one_label() -> None:
    assert MatthewsCorrelation().compute(["a", "b"], ["a", "a"]) == {"matthews_correlation": 0.0}
    assert MatthewsCorrelation().compute(["a", "a"], ["a", "b"]) == {}
    assert MatthewsCorrelation().compute([], []) == {}


def test_correlations_of_numbers_are_those_of_scipy() -> None:
    generator = np.random.default_rng(0)
    for count in (2, 3, 10, 200):
        for rounded in (False, True):  # rounded numbers have ties
            gold = generator.normal(3, 2, count)
            predicted = 0.5 * gold + generator.normal(0, 1, count)
            if rounded and count > 3:
                gold, predicted = gold.round(), predicted.round()
            numbers = gold.tolist(), predicted.tolist()
            assert Pearson().compute(*numbers) == {"pearson": pytest.approx(stats.pearsonr(gold, predicted).statistic)}
            assert Spearman().compute(*numbers) == {
                "spearman": pytest.approx(stats.spearmanr(gold, predicted).statistic)
            }


@pytest.mark.parametrize("metric", [Pearson(), Spearman()])
def test_numbers_without_a_correlation(metric: Pearson | Spearman) -> None:
    (figure,) = metric.figures
    assert metric.compute([1.0, 2.0, None], [5.0, 5.0, 7.0]) == {figure: 0.0}
    assert metric.compute([2.0, 2.0, None], [5.0, 6.0, 7.0]) == {}
    assert metric.compute([None], [5.0]) == {}
    assert metric.compute([1.0, None, 3.0], [2.0, 0.0, 9.0]) == {figure: pytest.approx(1.0)}
