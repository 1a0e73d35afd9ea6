"""Spans: distributions over tokens, the best span against every span, and no answer."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch

from mtl.base.errors import UsageError
from mtl.data.labels import MISSING
from mtl.data.targets import AnswerSpan
from mtl.model.module import PaddedSequence
from mtl_modules import SpanOutput

LENGTHS = torch.tensor([6, 4, 1])


def scores(width: int) -> PaddedSequence:
    values = 2 * torch.randn(3, 6, width, generator=torch.Generator().manual_seed(4))
    return PaddedSequence(values, LENGTHS)


def padded(found: PaddedSequence, extra: int) -> PaddedSequence:
    garbage = torch.full((3, extra, found.values.shape[2]), 50.0)
    return PaddedSequence(torch.cat([found.values, garbage], 1), found.lengths)


def output(*, no_answer: bool = False, max_length: int = 30, margin: float = 0.0) -> SpanOutput:
    return SpanOutput(AnswerSpan(no_answer=no_answer), max_length=max_length, margin=margin)


@pytest.mark.parametrize("max_length", [1, 2, 30])
def test_the_best_span_is_the_best_of_all(max_length: int) -> None:
    given = scores(2)
    answer = output(max_length=max_length).answer(given)
    for row, length in enumerate(LENGTHS.tolist()):
        starts, ends = given.values[row, :length].softmax(0).T.tolist()
        spans = [(i, j) for i, j in itertools.product(range(length), repeat=2) if 0 <= j - i < max_length]
        best = max(spans, key=lambda span: starts[span[0]] * ends[span[1]])
        assert (int(answer["start"][row]), int(answer["end"][row])) == best
        assert float(answer["score"][row]) == pytest.approx(starts[best[0]] * ends[best[1]], rel=1e-5)


@pytest.mark.parametrize("no_answer", [False, True])
def test_padding_changes_nothing(no_answer: bool) -> None:
    layer, given = output(no_answer=no_answer), scores(3 if no_answer else 2)
    targets = torch.tensor([[1, 3], [0, 0], [0, 0]])
    wide = padded(given, 4)
    for name, value in layer.answer(given).items():
        torch.testing.assert_close(layer.answer(wide)[name], value)
    torch.testing.assert_close(layer.loss(wide, targets).values, layer.loss(given, targets).values)


def test_no_answer_is_one_place_more() -> None:
    layer, given = output(no_answer=True), scores(3)
    row = given.values[1, :4]
    log = torch.cat([row[:, :2], row[:, 2].mean().expand(1, 2)]).log_softmax(0)
    losses, counted = layer.loss(given, torch.tensor([[1, 3], [-1, -1], [MISSING, MISSING]]))
    assert float(losses[1]) == pytest.approx(-float(log[4].sum()), rel=1e-5)
    assert counted.tolist() == [True, True, False]
    sure, never = (output(no_answer=True, margin=margin).answer(given) for margin in (99.0, -99.0))
    assert sure["start"].tolist() == sure["end"].tolist() == [-1, -1, -1]
    assert float(sure["score"][1]) == pytest.approx(float(log[4].sum().exp()), rel=1e-5)
    assert min(never["start"].tolist()) >= 0


def test_where_there_has_to_be_an_answer_none_is_not_learned() -> None:
    _, counted = output().loss(scores(2), torch.tensor([[1, 3], [-1, -1], [-2, -2]]))
    assert counted.tolist() == [True, False, False]


def test_a_margin_is_of_questions_that_may_have_no_answer() -> None:
    with pytest.raises(UsageError) as error:
        output(margin=1.0)
    assert str(error.value) == (
        "'margin' should come with a task that has 'no_answer: true'. Found a task without it: leave 'margin' out."
    )


def test_a_gap_is_a_difference_of_logarithms() -> None:
    """So that it means as much in a long text, where the probabilities of all spans are below 1e-5."""
    layer = output(no_answer=True)
    values = torch.zeros(1, 800, 3)
    values[0, 7, 0] = values[0, 9, 1] = 0.5
    given = PaddedSequence(values, torch.tensor([800]))
    assert float(layer.answer(given)["score"]) < 1e-5
    assert layer.gap((given,), "start", 0, np.array(7), np.array(7)) == 0.0
    assert layer.gap((given,), "start", 0, np.array(7), np.array(8)) == pytest.approx(0.5, rel=1e-5)
    assert layer.gap((given,), "end", 0, np.array(9), np.array(8)) == pytest.approx(0.5, rel=1e-5)
    assert layer.gap((given,), "end", 0, np.array(9), np.array(-1)) == pytest.approx(1.0, rel=1e-5)
    assert layer.gap((given,), "end", 0, np.array(9), np.array(800)) == math.inf
    assert output().gap((given,), "end", 0, np.array(9), np.array(-1)) == math.inf


def test_probabilities_are_those_of_tokens() -> None:
    found = output()(scores(2))
    assert found.values.shape == (3, 6, 2)
    torch.testing.assert_close(found.values.sum(1), torch.ones(3, 2))
