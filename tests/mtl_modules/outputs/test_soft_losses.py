"""What output layers learn from a teacher's probabilities."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F

from mtl.data.labels import Labels
from mtl.model.distribution import softened
from mtl.model.module import PaddedSequence
from mtl_modules.outputs.crf import CRF
from mtl_modules.outputs.sigmoid import Sigmoid
from mtl_modules.outputs.softmax import Softmax

ABC = Labels(("a", "b", "c"), (1, 1, 1))
LENGTHS = torch.tensor([4, 2])


def random(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def sequence(scores: torch.Tensor) -> PaddedSequence:
    return PaddedSequence(scores, LENGTHS)


@pytest.mark.parametrize("kind", [Softmax, CRF])
def test_a_certain_teacher_is_a_label_for_each_token(kind: Any) -> None:
    output = kind(ABC)
    labels = torch.tensor([[0, 2, 1, 1], [2, 0, -1, -1]])
    certain = F.one_hot(labels.clamp(min=0), 3).float()
    soft = output.soft_loss(sequence(random(2, 4, 3)), certain, 1.0)
    assert torch.allclose(soft, output.loss(sequence(random(2, 4, 3)), labels), atol=1e-5)


def test_a_certain_teacher_is_a_label_for_each_row() -> None:
    labels = torch.tensor([2, 0])
    soft = Softmax(ABC).soft_loss(random(2, 3), F.one_hot(labels, 3).float(), 1.0)
    assert torch.allclose(soft, Softmax(ABC).loss(random(2, 3), labels))
    chosen = torch.tensor([[1.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    soft = Sigmoid(ABC).soft_loss(random(2, 3), chosen, 1.0)
    assert torch.allclose(soft, Sigmoid(ABC).loss(random(2, 3), chosen), atol=1e-4)


@pytest.mark.parametrize("temperature", [1.0, 3.0])
def test_there_is_nothing_to_learn_where_student_and_teacher_agree(temperature: float) -> None:
    scores = random(2, 3).requires_grad_()
    for output, probabilities in ((Softmax(ABC), scores.softmax(-1)), (Sigmoid(ABC), scores.sigmoid())):
        loss = output.soft_loss(scores, probabilities.detach(), temperature).sum()
        (gradient,) = torch.autograd.grad(loss, scores)
        assert gradient.abs().max() < 1e-5
    crf = CRF(ABC)
    for parameter in crf.parameters():
        parameter.data.zero_()  # tokens are independent of each other, as those of a teacher are taken to be
    of_tokens = random(2, 4, 3).requires_grad_()
    loss = crf.soft_loss(sequence(of_tokens), of_tokens.detach().softmax(-1), temperature).sum()
    (gradient,) = torch.autograd.grad(loss, of_tokens)
    assert gradient.abs().max() < 1e-5


@pytest.mark.parametrize("output", [Softmax(ABC), CRF(ABC)])
def test_padding_teaches_nothing(output: Any) -> None:
    teacher, scores = random(2, 4, 3).softmax(-1), random(2, 4, 3)
    other, padded = teacher.clone(), scores.clone()
    other[1, 2:], padded[1, 2:] = 0.0, 7.0
    assert torch.allclose(
        output.soft_loss(sequence(scores), teacher, 2.0), output.soft_loss(sequence(padded), other, 2.0)
    )


def test_a_crf_learns_transitions_of_a_teacher() -> None:
    crf = CRF(ABC)
    loss = crf.soft_loss(sequence(random(2, 4, 3)), random(2, 4, 3).softmax(-1), 2.0).sum()
    loss.backward()
    assert all(parameter.grad is not None and parameter.grad.abs().max() > 0 for parameter in crf.parameters())


def test_softened_probabilities_are_those_of_divided_scores() -> None:
    scores = random(2, 3)
    assert torch.allclose(softened(scores.softmax(-1), 4.0), (scores / 4).softmax(-1))
    assert softened(torch.tensor([1.0, 0.0]), 1.0).tolist() == [1.0, pytest.approx(0.0, abs=1e-30)]
