"""The focal loss by its definition, of softmax and sigmoid outputs, also beside class weights."""

from __future__ import annotations

import pytest
import torch

from mtl.data.labels import MISSING, Labels
from mtl.model.module import PaddedSequence
from mtl_modules import Sigmoid, Softmax

LABELS = Labels(("a", "b", "c"), (6, 2, 0))
SCORES = torch.randn(4, 3, generator=torch.Generator().manual_seed(0), requires_grad=True)
IDS = torch.tensor([0, 2, 1, MISSING])
APPLIED = torch.tensor([[1.0, 0, 1], [0, 0, 0], [0, 1, 0], [1, 1, 1]])


@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.0])
def test_softmax(exponent: float) -> None:
    right = SCORES.softmax(-1)[[0, 1, 2], IDS[:3]]
    wanted = (1 - right) ** exponent * -right.log()
    found = Softmax(LABELS, focal=exponent).loss(SCORES, IDS)
    torch.testing.assert_close(found[:3], wanted)
    assert found[3].item() == 0.0
    weighted = Softmax(LABELS, focal=exponent, class_weights={"c": 4.0}).loss(SCORES, IDS)
    torch.testing.assert_close(weighted[:3], wanted * torch.tensor([1.0, 4.0, 1.0]))
    tokens = Softmax(LABELS, focal=exponent).loss(PaddedSequence(SCORES[None], torch.tensor([4])), IDS[None])
    torch.testing.assert_close(tokens, wanted.mean()[None])


@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.0])
def test_sigmoid(exponent: float) -> None:
    right = torch.where(APPLIED > 0, SCORES.sigmoid(), 1 - SCORES.sigmoid())
    wanted = (1 - right) ** exponent * -right.log()
    torch.testing.assert_close(Sigmoid(LABELS, focal=exponent).loss(SCORES, APPLIED), wanted.mean(-1))
    weights = torch.where(APPLIED > 0, torch.tensor([1.0, 3.0, 1.0]), 1.0)
    found = Sigmoid(LABELS, focal=exponent, class_weights={"b": 3.0}).loss(SCORES, APPLIED)
    torch.testing.assert_close(found, (wanted * weights).mean(-1))


@pytest.mark.parametrize("exponent", [0.5, 2.0])
def test_gradients_stay_finite_where_everything_is_right(exponent: float) -> None:
    scores = torch.tensor([[200.0, -200.0, -200.0]], requires_grad=True)
    losses = (
        Softmax(LABELS, focal=exponent).loss(scores, torch.tensor([0])),
        Sigmoid(LABELS, focal=exponent).loss(scores, torch.tensor([[1.0, 0, 0]])),
    )
    for loss in losses:
        assert torch.autograd.grad(loss.sum(), scores)[0].tolist() == [[0.0, 0.0, 0.0]]


def test_balanced_weights_of_labels_by_themselves() -> None:
    plain = torch.nn.functional.binary_cross_entropy_with_logits(SCORES, APPLIED, reduction="none")
    weights = torch.where(APPLIED > 0, torch.tensor([8 / (3 * 6), 8 / (3 * 2), 8 / 3]), 1.0)
    found = Sigmoid(LABELS, class_weights="balanced").loss(SCORES, APPLIED)
    torch.testing.assert_close(found, (plain * weights).mean(-1))


def test_sigmoid_begins_as_its_loss_weighs() -> None:
    applied = torch.tensor([[1.0, 0, 0]] * 6 + [[0.0, 1, 0]] * 3)
    output = Sigmoid(LABELS, class_weights={"a": 4.0, "c": 0.0})
    (best,) = output.prior([(applied, torch.ones(9, dtype=torch.bool))])
    assert best is not None
    assert best.exp().tolist() == pytest.approx([4 * 6.5 / 3.5, 3.5 / 6.5, 1e-6 * 0.5 / 9.5])
