"""A CRF's loops against the textbook definition: brute force over all label sequences."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.export import Dim

from mtl.data.labels import Labels
from mtl_modules.layers.translations import DOUBLE, FLOAT32
from mtl_modules.outputs.crf import CRF
from mtl_modules.outputs.exported_crf import FAR, ExportedCRF, crf_marginals, viterbi
from tests.mtl_modules.onnx_session import session


class Crf(nn.Module):
    """Decodes and rates one batch of scores."""

    def __init__(self, labels: int, scale: float = 1.0, kind: int = DOUBLE) -> None:
        super().__init__()
        self.kind = kind
        generator = torch.Generator().manual_seed(labels)
        self.transitions = nn.Parameter(torch.randn(labels, labels, generator=generator) * scale)
        self.start = nn.Parameter(torch.randn(labels, generator=generator))
        self.end = nn.Parameter(torch.randn(labels, generator=generator))

    def forward(self, scores: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        arguments = (scores, lengths, self.transitions, self.start, self.end)
        return viterbi(*arguments), crf_marginals(*arguments, self.kind)


def every_path(crf: Crf, scores: Tensor) -> tuple[list[int], Tensor]:
    """Return the best path over one row's scores [T, C] and the marginals [T, C], by looking at all C^T paths."""
    steps, labels = scores.shape
    best, best_value = [0], -math.inf
    weights = torch.zeros(steps, labels, dtype=torch.float64)
    for path in itertools.product(range(labels), repeat=steps):
        value = float(crf.start[path[0]] + crf.end[path[-1]])
        value += sum(float(scores[t, label]) for t, label in enumerate(path))
        value += sum(float(crf.transitions[a, b]) for a, b in itertools.pairwise(path))
        if value > best_value:
            best, best_value = list(path), value
        weights[range(steps), path] += math.exp(value)
    return best, weights / weights.sum(1, keepdim=True)


@torch.no_grad()
def test_viterbi_and_marginals_are_those_of_all_paths() -> None:
    crf = Crf(4)
    lengths = torch.tensor([5, 1, 3])
    scores = torch.randn(3, 5, 4, generator=torch.Generator().manual_seed(0)) * 2
    best, marginals = crf(scores, lengths)
    for row, length in enumerate(lengths.tolist()):
        path, weights = every_path(crf, scores[row, :length])
        assert best[row, :length].tolist() == path
        assert best[row, length:].tolist() == [0] * (5 - length)
        assert torch.allclose(marginals[row, :length].double(), weights, atol=1e-6)


@torch.no_grad()
def test_of_equal_labels_the_lowest_id_wins() -> None:
    crf = Crf(3)
    for parameter in crf.parameters():
        parameter.zero_()
    best, marginals = crf(torch.zeros(2, 4, 3), torch.tensor([4, 4]))
    assert best.tolist() == [[0] * 4] * 2
    assert torch.allclose(marginals, torch.full_like(marginals, 1 / 3))


@torch.no_grad()
@pytest.mark.parametrize("scale", [1.0, 40.0])
def test_marginals_stay_finite_and_sum_to_one(scale: float) -> None:
    crf = Crf(9, scale)
    crf.transitions[2, 3] = -10000.0
    crf.start[1] = -10000.0
    lengths = torch.tensor([300, 1])
    scores = torch.randn(2, 300, 9, generator=torch.Generator().manual_seed(1)) * scale
    _, marginals = crf(scores, lengths)
    assert torch.isfinite(marginals).all()
    inside = (torch.arange(300) < lengths[:, None]).float()
    assert torch.allclose(marginals.sum(2), inside, atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("forbidden", [True, False])
@pytest.mark.parametrize("scale", [1.0, 40.0])
def test_exported_crf_equals_eager_at_other_lengths(scale: float, forbidden: bool) -> None:
    crf = Crf(9, scale if forbidden else 1.0, DOUBLE if forbidden else FLOAT32)
    if forbidden:
        crf.transitions[2, 3] = -10000.0
    else:  # what float32 is used for at most
        crf.transitions[2, 3] = crf.transitions.max() - FAR
    rows, steps = Dim.DYNAMIC, Dim.DYNAMIC
    runtime = session(crf, (torch.randn(3, 6, 9), torch.tensor([6, 2, 4])), ({0: rows, 1: steps}, {0: rows}))
    generator = torch.Generator().manual_seed(2)
    for batch, length in [(1, 1), (1, 2), (1, 12), (4, 7), (2, 300)]:
        scores = torch.randn(batch, length, 9, generator=generator) * scale
        lengths = torch.randint(1, length + 1, (batch,), generator=generator)
        best, marginals = crf(scores, lengths)
        found = runtime.run(None, {"scores": scores.numpy(), "lengths": lengths.numpy()})
        inside = np.arange(length) < lengths.numpy()[:, None]
        assert (found[0] == best.numpy())[inside].all()
        assert np.abs(found[1] - marginals.numpy())[inside].max() < 1e-5


@torch.no_grad()
@pytest.mark.parametrize("kind", [DOUBLE, FLOAT32])
def test_what_all_labels_of_a_token_have_in_common_changes_nothing(kind: int) -> None:
    crf = Crf(5, kind=kind)
    shapes = ({0: Dim.DYNAMIC, 1: Dim.DYNAMIC}, {0: Dim.DYNAMIC})
    runtime = session(crf, (torch.randn(3, 6, 5), torch.tensor([6, 2, 4])), shapes)
    scores = torch.randint(-3, 4, (2, 7, 5), generator=torch.Generator().manual_seed(3)).float()  # whole: exact sums
    lengths = np.array([7, 7])
    plain, moved = (
        runtime.run(None, {"scores": (scores + apart).numpy(), "lengths": lengths})[1] for apart in (0.0, 100_000.0)
    )
    np.testing.assert_array_equal(moved, plain)


@torch.no_grad()
@pytest.mark.parametrize("name", ["transitions", "start", "end"])
def test_forbidden_transitions_take_float64(name: str) -> None:
    crf = CRF(Labels(("O", "B-x", "I-x"), (1, 1, 1)), prior=False)
    assert ExportedCRF(crf).kind == FLOAT32
    crf.get_parameter(name)[1] -= FAR + 1
    if name == "transitions":
        crf.transitions[1, 1] += FAR
    assert ExportedCRF(crf).kind == DOUBLE
