"""Labels in an order: probabilities, losses and answers by hand, thresholds that begin at frequencies."""

from __future__ import annotations

import math
from typing import Literal

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.export import Dim

from mtl.base.errors import UsageError
from mtl.data.labels import MISSING, Labels
from mtl_modules import Ordinal
from tests.mtl_modules.onnx_session import exported, started

LABELS = Labels(("1", "10", "2"), (2, 1, 5))  # in the order of names; 1 < 2 < 10
SCORES = torch.tensor([[1.0, 0.0, 0.0], [-2.0, 0.0, 0.0]])


def known(**keys: object) -> Ordinal:
    """Return an output layer whose score is its first number, with thresholds at 0.5 and -1."""
    output = Ordinal(LABELS, **keys)  # type: ignore[arg-type]
    with torch.no_grad():
        output.score.weight.copy_(torch.tensor([[1.0, 0.0, 0.0]]))
        output.first.fill_(0.5)
        output.steps.fill_(math.log(math.expm1(1.5)))
    return output


def sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def test_probabilities_are_differences_of_neighbours() -> None:
    (first, _) = known()(SCORES).tolist()
    higher = sigmoid(1.5), sigmoid(0.0)
    assert first == pytest.approx([1 - higher[0], higher[1], higher[0] - higher[1]])
    assert known()(SCORES).sum(1).tolist() == pytest.approx([1.0, 1.0])


def test_coral_learns_every_yes_or_no() -> None:
    found = known().loss(SCORES, torch.tensor([2, MISSING]))
    assert found.tolist() == pytest.approx([-math.log(sigmoid(1.5)) - math.log(1 - sigmoid(0.0)), 0.0])


def test_likelihood_learns_the_label_alone() -> None:
    output = known(learn="likelihood")
    targets = torch.tensor([2, 1])
    wanted = -output(SCORES).gather(1, targets[:, None])[:, 0].log()
    torch.testing.assert_close(output.loss(SCORES, targets), wanted)


@torch.no_grad()
def test_the_answer_is_the_median() -> None:
    output = known()
    scores = torch.tensor([[2.0, 0.0, 0.0], [0.9, 0.0, 0.0], [-2.0, 0.0, 0.0]])
    answer = output.answer(scores)
    assert [LABELS.names[label] for label in answer["best"].tolist()] == ["10", "2", "1"]
    torch.testing.assert_close(answer["score"], answer["scores"].gather(1, answer["best"][:, None])[:, 0])
    assert output.gap((scores,), "best", 0, 1, 2) == pytest.approx(1.0)
    assert output.gap((scores,), "best", 0, 0, 1) == pytest.approx(2.5)


def test_no_probability_is_below_zero_wherever_training_leads() -> None:
    generator = torch.Generator().manual_seed(0)
    labels = Labels(tuple("abcdefg"), (1,) * 7)
    output = Ordinal(labels)
    with torch.no_grad():
        for parameter in output.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 5)
    assert output(torch.randn(99, 7, generator=generator)).detach().min() >= 0


def test_it_begins_at_the_frequencies() -> None:
    output = Ordinal(LABELS)
    ids = torch.tensor([0] * 20 + [1] * 10 + [2] * 50)
    assert output.prior([(ids, ids >= 0)]) == ()
    assert output(torch.zeros(1, 3)).detach()[0].tolist() == pytest.approx([20 / 80, 10 / 80, 50 / 80], abs=0.01)
    fresh = Ordinal(LABELS, prior=False)
    fresh.prior([(ids, ids >= 0)])
    assert fresh.first.item() == 0.0


def test_order_is_that_of_numbers_of_ranks_and_of_names() -> None:
    def order(names: tuple[str, ...], **ranks: float) -> str:
        (note,) = Ordinal(Labels(names, (1,) * len(names)), ranks=ranks).notes
        return note.message

    assert order(("-1", "10", "2")) == "labels from the lowest to the highest: -1, 2, 10"
    assert (
        order(("bad", "fine", "good"), good=3, bad=1, fine=2)
        == "labels from the lowest to the highest: bad, fine, good"
    )
    assert (
        order(("awful", "best", "fine"), awful=0, best=9) == "labels from the lowest to the highest: awful, best, fine"
    )
    many = tuple(f"{number:02}" for number in range(14))
    assert order(many).endswith("10, 11, …")


def test_ranks_name_labels() -> None:
    with pytest.raises(UsageError) as error:
        Ordinal(Labels(("bad", "good"), (1, 1)), ranks={"goood": 2.0})
    assert str(error.value) == "'ranks' should name labels of the task. Found 'goood'. Did you mean 'good'?"


def test_labels_of_an_order_are_learned() -> None:
    torch.manual_seed(0)
    output = Ordinal(Labels(tuple("abcd"), (1,) * 4))
    values = torch.linspace(-3, 3, 80)
    targets = torch.bucketize(values, torch.tensor([-1.5, 0.0, 1.5]))
    scores = values[:, None] * torch.tensor([[1.0, -1.0, 0.5, 0.0]])
    optimizer = torch.optim.Adam(output.parameters(), lr=0.1)
    for _ in range(300):
        optimizer.zero_grad()
        output.loss(scores, targets).mean().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    assert float((output.answer(scores)["best"] == targets).float().mean()) > 0.95


def test_coral_with_two_labels_is_logistic_regression() -> None:
    output = Ordinal(Labels(("no", "yes"), (1, 1)))
    scores, targets = torch.randn(5, 2, generator=torch.Generator().manual_seed(1)), torch.tensor([0, 1, 1, 0, 1])
    logits = output.score(scores)[:, 0] + output.first
    wanted = F.binary_cross_entropy_with_logits(logits, targets.float(), reduction="none")
    torch.testing.assert_close(output.loss(scores, targets), wanted)


@pytest.mark.parametrize("score", [30.0, -30.0])
def test_the_likelihood_of_the_most_wrong_labels_has_gradients(score: float) -> None:
    output = known(learn="likelihood")
    scores = torch.tensor([[score, 0.0, 0.0]] * 2, requires_grad=True)
    losses = output.loss(scores, torch.tensor([0 if score > 0 else 1, 2]))
    outermost, middle = (30.5, 29.0) if score > 0 else (31.0, 29.5)
    assert losses.tolist() == pytest.approx([outermost, middle - math.log(1 - math.exp(-1.5))])
    losses.sum().backward()  # type: ignore[no-untyped-call]
    assert scores.grad is not None
    assert scores.grad[:, 0].tolist() == pytest.approx([math.copysign(1.0, score)] * 2)
    assert output.steps.grad is not None
    assert float(output.steps.grad.abs()) > 0.1


def test_the_likelihood_of_one_label_and_of_two() -> None:
    alone = Ordinal(Labels(("one",), (1,)), learn="likelihood")
    assert alone.loss(torch.randn(2, 1), torch.tensor([0, MISSING])).tolist() == [0.0, 0.0]
    pair = Ordinal(Labels(("no", "yes"), (1, 1)), learn="likelihood")
    scores, targets = torch.randn(5, 2, generator=torch.Generator().manual_seed(1)), torch.tensor([0, 1, 1, 0, 1])
    logits = pair.score(scores)[:, 0] + pair.first
    wanted = F.binary_cross_entropy_with_logits(logits, targets.float(), reduction="none")
    torch.testing.assert_close(pair.loss(scores, targets), wanted)


class Answering(nn.Module):
    """The answer of an output layer alone."""

    def __init__(self, output: Ordinal) -> None:
        super().__init__()
        self.output = output

    def forward(self, scores: Tensor) -> tuple[Tensor, ...]:
        return tuple(self.output.answer(scores).values())


@pytest.mark.parametrize("learn", ["coral", "likelihood"])
def test_a_single_label_is_the_answer_without_a_sum_of_nothing(learn: Literal["coral", "likelihood"]) -> None:
    alone = Answering(Ordinal(Labels(("one",), (1,)), learn=learn)).eval()
    scores = torch.tensor([[3.0], [-3.0], [0.0]])
    wanted = [[0, 0, 0], [1.0, 1.0, 1.0], [[1.0], [1.0], [1.0]]]
    assert [value.tolist() for value in alone(scores)] == wanted
    model = exported(alone, (scores,), ({0: Dim.DYNAMIC},))
    assert "ReduceSum" not in {node.op_type for node in model.graph}
    runtime = started(model)
    for rows in (1, 3):
        found = runtime.run(None, {runtime.get_inputs()[0].name: scores[:rows].numpy()})
        assert [value.tolist() for value in found] == [value[:rows] for value in wanted]
