from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from mtl.base.errors import UsageError
from mtl.data.labels import MISSING, Labels
from mtl.model.module import PaddedSequence
from mtl_modules import Softmax

LABELS = Labels(("a", "b", "c"), (6, 2, 0))
SCORES = torch.randn(2, 3, 3, generator=torch.Generator().manual_seed(0))
LENGTHS = torch.tensor([3, 2])


def test_the_loss_of_a_row_is_its_cross_entropy() -> None:
    targets = torch.tensor([1, 2])
    found = Softmax(LABELS).loss(SCORES[0, :2], targets)
    torch.testing.assert_close(found, F.cross_entropy(SCORES[0, :2], targets, reduction="none"))


def test_the_loss_of_tokens_is_the_mean_over_labelled_ones() -> None:
    targets = torch.tensor([[1, MISSING, 3], [MISSING, 7, MISSING]])
    found = Softmax(LABELS).loss(PaddedSequence(SCORES, LENGTHS), targets)
    torch.testing.assert_close(found[0], F.cross_entropy(SCORES[0, :1], targets[0, :1]))
    assert float(found[1]) == 0.0


@pytest.mark.parametrize("target", [MISSING, -1, 3, 17])
def test_a_row_without_a_known_label_adds_nothing(target: int) -> None:
    assert Softmax(LABELS, label_smoothing=0.1).loss(SCORES[0, :1], torch.tensor([target])).tolist() == [0.0]


def test_label_smoothing_spreads_the_target() -> None:
    found = Softmax(LABELS, label_smoothing=0.3).loss(SCORES[0, :1], torch.tensor([1]))
    target = torch.tensor([[0.1, 0.8, 0.1]])
    torch.testing.assert_close(found, -(target * SCORES[0, :1].log_softmax(-1)).sum(-1))


def test_class_weights_multiply_losses() -> None:
    scores, targets = SCORES[0], torch.tensor([0, 1, 2])
    plain = Softmax(LABELS).loss(scores, targets)
    given = Softmax(LABELS, class_weights={"b": 3.0}).loss(scores, targets)
    torch.testing.assert_close(given, plain * torch.tensor([1.0, 3.0, 1.0]))
    balanced = Softmax(LABELS, class_weights="balanced").loss(scores, targets)
    torch.testing.assert_close(balanced, plain * torch.tensor([8 / (3 * 6), 8 / (3 * 2), 8 / 3]))


def test_class_weights_name_labels() -> None:
    with pytest.raises(UsageError) as error:
        Softmax(Labels(("music", "weather"), (1, 1)), class_weights={"musik": 2.0})
    wanted = "'class_weights' should name labels of the task. Found 'musik'. Did you mean 'music'?"
    assert str(error.value) == wanted


@pytest.mark.parametrize("weight", [-1.0, float("inf"), float("nan")])
def test_class_weights_are_finite_and_not_negative(weight: float) -> None:
    with pytest.raises(UsageError) as error:
        Softmax(LABELS, class_weights={"b": weight})
    wanted = f"'class_weights' of 'b' should be a finite number of at least 0. Found {weight}."
    assert str(error.value) == wanted


def test_of_equal_scores_the_lowest_label_wins() -> None:
    answer = Softmax(LABELS).answer(torch.tensor([[1.0, 1.0, 1.0], [0.0, 2.0, 2.0]]))
    assert answer["best"].tolist() == [0, 1]


def test_rows_are_answered_with_all_scores_and_tokens_without() -> None:
    module = Softmax(LABELS)
    row, token = module.answer(SCORES[0]), module.answer(PaddedSequence(SCORES, LENGTHS))
    torch.testing.assert_close(row["scores"], SCORES[0].softmax(-1))
    torch.testing.assert_close(row["score"], row["scores"].amax(-1))
    assert list(token) == ["best", "score"]
    assert token["best"].shape == (2, 3)
