from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor

from mtl_modules.outputs.linear_chain import Chain, best_path, log_partition, marginals, path_score


def chain(scale: float = 2.0, dtype: torch.dtype = torch.float64, labels: int = 3) -> Chain:
    generator = torch.Generator().manual_seed(0)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64).mul(scale).to(dtype)

    scores = normal(4, 4, labels)
    return Chain(scores, torch.tensor([1, 4, 2, 3]), normal(labels, labels), normal(labels), normal(labels))


def enumerated(given: Chain, row: int) -> dict[tuple[int, ...], float]:
    """Return the score of every label sequence of a row, added up one by one."""
    found = {}
    length = int(given.lengths[row])
    for path in itertools.product(range(len(given.start)), repeat=length):
        score = float(given.start[path[0]]) + float(given.end[path[-1]])
        score += sum(float(given.scores[row, t, label]) for t, label in enumerate(path))
        score += sum(float(given.transitions[a, b]) for a, b in itertools.pairwise(path))
        found[path] = score
    return found


def test_log_partition_is_the_sum_over_all_paths() -> None:
    given = chain()
    for row in range(4):
        scores = torch.tensor(list(enumerated(given, row).values()), dtype=torch.float64)
        assert float(log_partition(given)[row]) == pytest.approx(float(scores.logsumexp(0)), abs=1e-12)


def test_marginals_are_shares_of_all_paths() -> None:
    given = chain()
    for row in range(4):
        paths = enumerated(given, row)
        total = torch.tensor(list(paths.values()), dtype=torch.float64).logsumexp(0)
        wanted = torch.zeros(4, 3, dtype=torch.float64)
        for path, score in paths.items():
            for t, label in enumerate(path):
                wanted[t, label] += (torch.tensor(score, dtype=torch.float64) - total).exp()
        torch.testing.assert_close(marginals(given)[row], wanted, atol=1e-12, rtol=0)


def test_best_path_is_the_best_of_all_paths() -> None:
    given = chain()
    for row in range(4):
        paths = enumerated(given, row)
        best = max(paths, key=lambda path: paths[path])
        assert best_path(given)[row].tolist() == [*best, *[0] * (4 - len(best))]


def test_path_score_is_the_sum_along_the_path() -> None:
    given = chain()
    path = torch.tensor([[2, 9, 9, 9], [0, 1, 2, 1], [1, 1, -100, -100], [2, 0, 2, -100]])
    for row in range(4):
        length = int(given.lengths[row])
        wanted = enumerated(given, row)[tuple(path[row, :length].tolist())]
        assert float(path_score(given, path)[row]) == pytest.approx(wanted)


def test_of_equal_paths_the_lowest_labels_win() -> None:
    zeros = torch.zeros(2, 3, 4)
    flat = Chain(zeros, torch.tensor([3, 2]), torch.zeros(4, 4), torch.zeros(4), torch.zeros(4))
    assert best_path(flat).tolist() == [[0, 0, 0], [0, 0, 0]]
    scores = zeros.clone()
    scores[0, 1, 2] = scores[0, 1, 3] = 1.0
    assert best_path(flat._replace(scores=scores)).tolist() == [[0, 2, 0], [0, 0, 0]]


def test_gradients_of_log_partition() -> None:
    given = chain()
    leaves = [t.clone().requires_grad_() for t in (given.scores, *given[2:])]
    assert torch.autograd.gradcheck(lambda s, *rest: log_partition(Chain(s, given.lengths, *rest)), leaves)


def test_gradients_of_marginals() -> None:
    """A condition on a CRF trains the CRF too."""
    given = chain()
    leaves = [t.clone().requires_grad_() for t in (given.scores, *given[2:])]
    assert torch.autograd.gradcheck(lambda s, *rest: marginals(Chain(s, given.lengths, *rest)), leaves)


def test_float32_is_as_good_as_float64() -> None:
    precise = chain(scale=4.0)
    rough = Chain(*(t.float() if t.is_floating_point() else t for t in precise))
    torch.testing.assert_close(log_partition(rough).double(), log_partition(precise), atol=1e-4, rtol=1e-6)


@pytest.mark.parametrize("scale", [30.0, 300.0])
def test_extreme_scores_stay_finite(scale: float) -> None:
    given = chain(scale, torch.float32, labels=6)
    leaves = [t.clone().requires_grad_() for t in (given.scores, *given[2:])]
    total = log_partition(Chain(leaves[0], given.lengths, *leaves[1:]))
    total.sum().backward()
    assert bool(torch.isfinite(total).all())
    for leaf in leaves:
        assert leaf.grad is not None
        assert bool(torch.isfinite(leaf.grad).all())
    assert bool(torch.isfinite(marginals(given)).all())


def test_a_long_row_stays_finite_and_exact() -> None:
    generator = torch.Generator().manual_seed(0)
    scores = torch.randn(2, 3000, 4, generator=generator)
    given = Chain(scores, torch.tensor([3000, 1]), torch.zeros(4, 4), torch.zeros(4), torch.zeros(4))
    wanted = scores.double().logsumexp(-1)
    torch.testing.assert_close(log_partition(given)[0].double(), wanted[0].sum(), atol=0, rtol=1e-6)
    torch.testing.assert_close(log_partition(given)[1].double(), wanted[1, 0], atol=0, rtol=1e-6)
