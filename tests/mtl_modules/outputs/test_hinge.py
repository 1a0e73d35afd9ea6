"""The hinge loss of several labels, by hand."""

from __future__ import annotations

import pytest
import torch

from mtl.data.labels import MISSING, Labels
from mtl.data.targets import OneLabel
from mtl.model.module import PaddedSequence
from mtl_modules import Hinge

LABELS = Labels(("a", "b", "c"), (3, 2, 1))
SCORES = torch.tensor([[2.0, 1.5, -1.0], [0.0, 3.0, 1.0], [1.0, 1.0, 1.0]])


def test_a_row_loses_what_its_label_lacks_to_the_margin() -> None:
    found = Hinge(LABELS).loss(SCORES, torch.tensor([0, 1, 2]))
    assert found.tolist() == pytest.approx([0.5, 0.0, 1.0])
    wide = Hinge(LABELS, margin=2.5).loss(SCORES, torch.tensor([0, 1, 2]))
    assert wide.tolist() == pytest.approx([2.0, 0.5, 2.5])
    wrong = Hinge(LABELS).loss(SCORES, torch.tensor([2, 0, 0]))
    assert wrong.tolist() == pytest.approx([4.0, 4.0, 1.0])


@pytest.mark.parametrize("target", [MISSING, -1, 3])
def test_a_row_without_a_known_label_adds_nothing(target: int) -> None:
    assert Hinge(LABELS).loss(SCORES[:1], torch.tensor([target])).tolist() == [0.0]


def test_tokens_lose_the_mean_over_labelled_ones_and_weights_multiply() -> None:
    scores = PaddedSequence(SCORES[None], torch.tensor([3]))
    assert float(Hinge(LABELS).loss(scores, torch.tensor([[0, MISSING, 2]]))) == pytest.approx(0.75)
    weighted = Hinge(LABELS, class_weights={"c": 3.0}).loss(scores, torch.tensor([[0, MISSING, 2]]))
    assert float(weighted) == pytest.approx(1.75)


def test_the_loss_is_no_less_than_that_of_one_against_all_others() -> None:
    single = Labels(("only",), (1,))
    assert Hinge(single).loss(torch.zeros(2, 1), torch.tensor([0, 0])).tolist() == [0.0, 0.0]


def test_answers_are_those_of_softmax() -> None:
    output = Hinge(LABELS, OneLabel(out_of_scope="none"), threshold=0.6)
    assert output.answer(SCORES)["best"].tolist() == [0, 1, 3]
    assert Hinge(LABELS, calibrate=True).found_on_dev == ("calibrate",)
