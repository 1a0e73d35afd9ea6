"""Ranking losses against the same written as loops over queries and documents."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from mtl.base.errors import UsageError
from mtl.data.targets import Grade, Grades
from mtl.model.module import PaddedSequence
from mtl.model.output import Losses as CountedLosses
from mtl.model.output import Output
from mtl_modules import (
    InBatchSoftmax,
    ListwiseSoftmax,
    PairwiseHinge,
    PairwiseLogistic,
    PointwiseCrossEntropy,
    Regression,
)
from mtl_modules.outputs.query_groups import better_and_worse

Losses = dict[object, float]
Documents = list[tuple[int, float, float]]  # number of the pair, score, grade

# In disorder: a graded query, one of positives only, one of irrelevant documents only, a single document, ties.
GROUPS = [7, 3, 7, 3, 7, 9, 9, 2, 7, 40, 40, 40, 9]
GRADES = [2.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 3.0, 3.0, 0.0]


def scores(scale: float = 2.0) -> Tensor:
    return torch.randn(len(GROUPS), generator=torch.Generator().manual_seed(4), dtype=torch.float64) * scale


def queries(values: Tensor) -> dict[int, Documents]:
    found: dict[int, Documents] = {}
    for i, (group, grade) in enumerate(zip(GROUPS, GRADES, strict=True)):
        found.setdefault(group, []).append((i, float(values[i]), grade))
    return found


def pairwise(values: Tensor, loss: Callable[[float], float]) -> Losses:
    found: Losses = {}
    for documents in queries(values).values():
        for i, score, grade in documents:
            for j, other_score, other_grade in documents:
                if grade > other_grade:
                    found[i, j] = loss(score - other_score)
    return found


def hinge(values: Tensor) -> Losses:
    return pairwise(values, lambda difference: max(0.0, 0.7 - difference))


def logistic(values: Tensor) -> Losses:
    return pairwise(values, lambda difference: math.log(1 + math.exp(-difference)))


def cross_entropy(values: Tensor) -> Losses:
    def probability(score: float, grade: float) -> float:
        return 1 / (1 + math.exp(-score if grade > 0 else score))

    return {i: -math.log(probability(s, g)) for documents in queries(values).values() for i, s, g in documents}


def regression(values: Tensor) -> Losses:
    return {i: (s - g) ** 2 for documents in queries(values).values() for i, s, g in documents}


def in_batch(values: Tensor) -> Losses:
    found: Losses = {}
    for documents in queries(values).values():
        negatives = [math.exp(score / 0.5) for _, score, grade in documents if grade <= 0]
        for i, score, grade in documents:
            if grade > 0 and negatives:
                own = math.exp(score / 0.5)
                found[i] = -math.log(own / (own + sum(negatives)))
    return found


def listwise(values: Tensor, gain: Callable[[float], float]) -> Losses:
    found: Losses = {}
    for group, documents in sorted(queries(values).items()):
        grades = [grade for _, _, grade in documents]
        if len(set(grades)) > 1 and max(grades) > 0:
            total = sum(math.exp(score / 0.5) for _, score, _ in documents)
            gains = sum(map(gain, grades))
            found[group] = sum(-gain(g) / gains * math.log(math.exp(s / 0.5) / total) for _, s, g in documents)
    return found


CASES: list[tuple[Output, Callable[[Tensor], Losses]]] = [
    (PairwiseHinge(margin=0.7), hinge),
    (PairwiseLogistic(), logistic),
    (PointwiseCrossEntropy(), cross_entropy),
    (Regression(Grade()), regression),
    (InBatchSoftmax(temperature=0.5), in_batch),
    (ListwiseSoftmax(temperature=0.5), lambda values: listwise(values, lambda grade: grade)),
    (ListwiseSoftmax(temperature=0.5, gain="exponential"), lambda values: listwise(values, math.exp)),
]
OUTPUTS = [output for output, _ in CASES]
every_output = pytest.mark.parametrize("output", OUTPUTS, ids=lambda output: type(output).__name__)


def losses_of(output: Output, values: Tensor, grades: Tensor, groups: Tensor) -> CountedLosses:
    found = output.loss(values, Grades(grades, groups))
    assert isinstance(found, CountedLosses)
    return found


def mean(output: Output, values: Tensor) -> Tensor:
    losses, counted = losses_of(output, values, torch.tensor(GRADES), torch.tensor(GROUPS))
    assert losses.shape == counted.shape
    assert counted.dtype == torch.bool
    return torch.where(counted, losses, 0.0).sum() / counted.sum()


@pytest.mark.parametrize(("output", "naive"), CASES, ids=lambda value: getattr(type(value), "__name__", ""))
def test_losses_are_those_of_a_loop(output: Output, naive: Callable[[Tensor], Losses]) -> None:
    values = scores()
    losses, counted = losses_of(output, values, torch.tensor(GRADES), torch.tensor(GROUPS))
    wanted = list(naive(values).values())
    assert sorted(losses[counted].tolist()) == pytest.approx(sorted(wanted), rel=1e-9)
    assert bool((losses[~counted] == 0).all())


@pytest.mark.parametrize(("output", "naive"), CASES, ids=lambda value: getattr(type(value), "__name__", ""))
def test_gradients_are_those_of_a_loop(output: Output, naive: Callable[[Tensor], Losses]) -> None:
    values = scores().requires_grad_()
    mean(output, values).backward()
    assert values.grad is not None
    step = 1e-6
    for i in range(len(values)):
        moved = [values.detach().clone() for _ in range(2)]
        moved[0][i] += step
        moved[1][i] -= step
        up, down = (list(naive(m).values()) for m in moved)
        wanted = (sum(up) - sum(down)) / (2 * step) / len(up)
        assert values.grad[i].item() == pytest.approx(wanted, abs=1e-7)


@every_output
def test_large_scores_overflow_nowhere(output: Output) -> None:
    values = scores(3e4).float().requires_grad_()
    loss = mean(output, values)
    loss.backward()
    assert bool(loss.isfinite())
    assert values.grad is not None
    assert bool(values.grad.isfinite().all())


NOTHING = {
    "one document": ([5], [1.0]),
    "relevant documents only": ([5, 5, 6], [1.0, 1.0, 1.0]),
    "irrelevant documents only": ([5, 5, 6], [0.0, 0.0, 0.0]),
    "no document": ([], []),
}


@every_output
@pytest.mark.parametrize("nothing", list(NOTHING.values()), ids=list(NOTHING))
def test_where_nothing_is_to_be_compared(output: Output, nothing: tuple[list[int], list[float]]) -> None:
    groups, grades = (
        torch.tensor(given, dtype=d) for given, d in zip(nothing, (torch.int64, torch.float32), strict=True)
    )
    values = torch.linspace(-1, 1, len(groups)).requires_grad_()
    losses, counted = losses_of(output, values, grades, groups)
    pointwise = isinstance(output, (PointwiseCrossEntropy, Regression))
    assert int(counted.sum()) == (len(groups) if pointwise else 0)
    losses.sum().backward()
    if not pointwise:
        assert losses.tolist() == [0.0] * len(losses)
        assert values.grad is not None
        assert values.grad.tolist() == [0.0] * len(values)


@every_output
def test_order_and_names_of_queries_change_nothing(output: Output) -> None:
    values, grades, groups = scores(), torch.tensor(GRADES), torch.tensor(GROUPS)
    order = torch.randperm(len(values), generator=torch.Generator().manual_seed(1))
    losses, counted = losses_of(output, values, grades, groups)
    others, other_counted = losses_of(output, values[order], grades[order], 1000 - groups[order])
    assert sorted(others[other_counted].tolist()) == pytest.approx(sorted(losses[counted].tolist()), rel=1e-12)


@every_output
def test_queries_apart_lose_what_they_lose_together(output: Output) -> None:
    values, grades, groups = scores(), torch.tensor(GRADES), torch.tensor(GROUPS)
    losses, counted = losses_of(output, values, grades, groups)
    apart: list[float] = []
    for group in sorted(set(GROUPS)):
        own = groups == group
        found, found_counted = losses_of(output, values[own], grades[own], groups[own])
        apart += found[found_counted].tolist()
    assert sorted(apart) == pytest.approx(sorted(losses[counted].tolist()), rel=1e-12)


@every_output
def test_thousands_of_pairs_of_hundreds_of_queries(output: Output) -> None:
    generator = torch.Generator().manual_seed(2)
    groups = torch.randint(0, 300, (4000,), generator=generator)
    grades = torch.randint(0, 3, (4000,), generator=generator).float()
    values = torch.randn(4000, generator=generator).requires_grad_()
    losses, counted = losses_of(output, values, grades, groups)
    (losses[counted].mean()).backward()
    again, _ = losses_of(output, values, grades, groups)
    assert torch.equal(losses, again)
    assert values.grad is not None
    assert bool(values.grad.isfinite().all())


@every_output
def test_answers_are_the_scores(output: Output) -> None:
    values = scores()
    assert torch.equal(output.answer(values)["score"], values)
    assert output(values).shape == (len(values), output.output_dim)
    with pytest.raises(UsageError) as caught:  # the whole text is compared
        output.answer(PaddedSequence(values[:, None], torch.ones(1)))
    assert str(caught.value) == "the output layer should take one score per unit. Found a sequence."


def test_exponential_gains_are_those_of_listnet() -> None:
    output = ListwiseSoftmax(gain="exponential")
    grades = torch.tensor([2.0, 0.0, 1.0], dtype=torch.float64)
    losses, _ = losses_of(output, grades, grades, torch.zeros(3, dtype=torch.int64))
    target = grades.softmax(0)  # scores that are the grades are as good as can be: the loss is the entropy
    assert losses.item() == pytest.approx(-(target * target.log()).sum().item())


def test_pairs_of_documents_take_memory_by_query_not_by_batch() -> None:
    # Every pair of 80,000 with every other would be 6.4 billion comparisons.
    queries_of_batch, documents = 200, 400
    groups = torch.arange(queries_of_batch).repeat(documents)
    grades = torch.zeros(queries_of_batch * documents)
    grades[:queries_of_batch] = 1
    losses, counted = losses_of(PairwiseHinge(margin=1.0), torch.zeros(len(groups)), grades, groups)
    assert len(losses) == int(counted.sum()) == queries_of_batch * (documents - 1)
    assert losses.unique().tolist() == [1.0]


def test_pairs_of_documents_come_in_the_order_of_the_batch() -> None:
    generator = torch.Generator().manual_seed(0)
    for size in (0, 1, 7, 60):
        groups = torch.randint(0, 6, (size,), generator=generator) * 5
        grades = torch.randint(0, 3, (size,), generator=generator).float()
        better = (grades[:, None] > grades) & (groups[:, None] == groups)
        first, second = better_and_worse(grades, groups)
        assert torch.equal(torch.stack([first, second], 1), better.nonzero())
