"""What output layers ask to begin with: the distribution that is best while nothing is known of a text."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from mtl.data.labels import Labels
from mtl.data.targets import Grades
from mtl.data.targets.number import Number
from mtl.model.module import PaddedSequence
from mtl.model.output import Output
from mtl_modules.decoders.mlp import MLP
from mtl_modules.outputs.crf import CRF
from mtl_modules.outputs.linear_chain import log_partition, path_score
from mtl_modules.outputs.pointwise_cross_entropy import PointwiseCrossEntropy
from mtl_modules.outputs.regression import Regression
from mtl_modules.outputs.sigmoid import Sigmoid
from mtl_modules.outputs.softmax import Softmax
from mtl_modules.pairs.mlp_scorer import MLPScorer

LABELS = Labels(("a", "b", "c"), (6, 3, 1))
IDS = torch.tensor([0] * 6 + [1] * 3 + [2, -100, 3])  # the last two: no label, and one that training never had


def batches(*targets: Any) -> Iterator[tuple[Any, Tensor]]:
    return ((found, torch.ones(len(found), dtype=torch.bool)) for found in targets)


def scores(output: Output, *targets: Any) -> Tensor:
    (found,) = output.prior(batches(*targets))
    assert found is not None
    return found


def test_softmax_begins_at_the_frequencies() -> None:
    assert scores(Softmax(LABELS), IDS[:7], IDS[7:]).softmax(0).tolist() == pytest.approx([0.6, 0.3, 0.1])
    assert scores(Softmax(LABELS), IDS.view(3, 4)).softmax(0).tolist() == pytest.approx([0.6, 0.3, 0.1])


def test_softmax_begins_as_its_loss_weighs_and_smooths() -> None:
    assert scores(Softmax(LABELS, class_weights="balanced"), IDS).softmax(0).tolist() == pytest.approx([1 / 3] * 3)
    weighted = Softmax(LABELS, class_weights={"a": 0.5, "c": 0.0})
    assert scores(weighted, IDS).softmax(0).tolist() == pytest.approx([0.5, 0.5, 0.0], abs=1e-5)
    smooth = scores(Softmax(LABELS, label_smoothing=0.3), IDS).softmax(0).tolist()
    assert smooth == pytest.approx([0.52, 0.31, 0.17])


def test_no_other_constant_has_a_smaller_loss() -> None:
    output = Softmax(LABELS, label_smoothing=0.1, class_weights={"b": 2.0})
    best = scores(output, IDS[:10]).float()
    least = float(output.loss(best.expand(10, 3), IDS[:10]).sum())
    for label, step in itertools.product(range(3), (-0.05, 0.05)):
        moved = best.clone()
        moved[label] += step
        assert float(output.loss(moved.expand(10, 3), IDS[:10]).sum()) > least


def test_crf_begins_as_a_markov_chain_of_the_training_sequences() -> None:
    output = CRF(LABELS)
    rows = torch.tensor([[0, 1, 0, -100], [0, 0, 1, 0], [1, 0, -100, 0], [0, 2, 0, 1]])
    bias = scores(output, rows[:2], rows[2:]).float()
    # P(b | a) is mixed with the share of b, as one further count of what follows a
    shares = torch.tensor([9.0, 4.0, 1.0]) / 14
    following = (torch.tensor([[1.0, 3.0, 1.0], [3.0, 0.0, 0.0], [1.0, 0.0, 0.0]]) + shares) / torch.tensor(
        [[6.0], [4.0], [2.0]]
    )
    first = (torch.tensor([3.0, 1.0, 0.0]) + shares) / 5
    last = (torch.tensor([3.0, 1.0, 0.0]) + shares) / 5
    torch.testing.assert_close(output.transitions.detach(), (following / shares).log())
    chain = output._chain(
        PaddedSequence(bias.expand(1, 3, 3), torch.tensor([3])), output.transitions, output.start, output.end
    )
    path = torch.tensor([[0, 2, 0]])
    wanted = first[0] * following[0, 2] * following[2, 0] * last[0] / shares[0]
    assert float(path_score(chain, path).detach().exp()) == pytest.approx(float(wanted), rel=1e-5)
    assert float(log_partition(chain).detach()) == pytest.approx(0.0, abs=0.2)  # nearly a distribution already


def test_sigmoid_begins_at_the_log_odds() -> None:
    found = torch.tensor([[1.0, 0, 0], [1, 0, 1], [1, 0, 0], [0, 0, 0]])
    answered = torch.tensor([True, True, True, False])
    (bias,) = Sigmoid(LABELS).prior([(found, answered)])
    assert bias is not None
    assert bias.sigmoid().tolist() == pytest.approx([3.5 / 4, 0.5 / 4, 1.5 / 4])


def test_regression_begins_at_the_mean() -> None:
    target = Number()
    target.mean, target.deviation = 4.0, 2.0
    numbers = torch.tensor([1.0, float("nan"), 9.0])
    (bias,) = Regression(target).prior([(numbers, ~numbers.isnan())])
    assert bias is not None
    assert bias.tolist() == [0.5]
    grades = Grades(torch.tensor([0.0, 2.0, 0.0, 1.0]), torch.zeros(4, dtype=torch.int64))
    (bias,) = Regression(target).prior([(grades, torch.ones(4, dtype=torch.bool))])
    assert bias is not None
    assert bias.tolist() == [0.75]


def test_pointwise_cross_entropy_begins_at_the_log_odds() -> None:
    grades = Grades(torch.tensor([0.0, 2.0, 0.0, 1.0, 0.0]), torch.zeros(5, dtype=torch.int64))
    (bias,) = PointwiseCrossEntropy().prior([(grades, torch.ones(5, dtype=torch.bool))])
    assert bias is not None
    assert bias.sigmoid().tolist() == pytest.approx([2.5 / 6])


def test_without_prior_nothing_is_asked() -> None:
    crf = CRF(LABELS, prior=False)
    before = crf.transitions.detach().clone()
    outputs = [Softmax(LABELS, prior=False), Sigmoid(LABELS, prior=False), PointwiseCrossEntropy(prior=False), crf]
    assert [output.prior(batches(IDS)) for output in [*outputs, Regression(Number(), prior=False)]] == [()] * 5
    assert torch.equal(crf.transitions, before)


def test_last_biases_are_set() -> None:
    decoder, scorer = MLP(4, 0, 3, hidden=[5], dropout=0.5), MLPScorer((4, 4))
    decoder.set_prior(torch.tensor([1.0, 2.0, 3.0]))
    assert decoder.layers[-1].bias.tolist() == [1.0, 2.0, 3.0]
    scorer.set_prior(torch.tensor([-2.0]))
    assert scorer.last.linear.bias.tolist() == [-2.0]
    lexical = MLPScorer((4, 4, 3, 3))
    before = lexical.last.linear.bias.item()
    lexical.set_prior(torch.tensor([-2.0]))  # begins as BM25
    assert lexical.last.linear.bias.item() == before
