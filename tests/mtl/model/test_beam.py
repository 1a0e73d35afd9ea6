"""Beam search: against all sequences, and with a width of 1 against the greedy one."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor

from mtl.model.beam import Beam
from mtl.model.search import Greedy, Stepped
from tests.mtl.model.test_search import END, LABELS, Toy, vectors

MOST = 3
WIDEST = LABELS**MOST


@pytest.fixture(scope="module")
def stepped() -> Stepped:
    return Stepped(Toy().eval(), (vectors(16),))


def searched(stepped: Stepped, width: int, most: int = MOST) -> tuple[Tensor, Tensor, Tensor]:
    with torch.no_grad():
        found: tuple[Tensor, Tensor, Tensor] = Beam(END, width)(stepped, most)
    return found


def test_a_width_of_1_is_greedy(stepped: Stepped) -> None:
    with torch.no_grad():
        greedy = Greedy(END)(stepped, 7)
    for one, other in zip(searched(stepped, 1, 7), greedy, strict=True):
        assert torch.allclose(one, other)


def test_the_widest_finds_the_best_of_all_sequences(stepped: Stepped) -> None:
    chosen, lengths, scores = searched(stepped, WIDEST)
    sequences = [
        found
        for length in range(1, MOST + 1)
        for found in itertools.product(range(LABELS), repeat=length)
        if END not in found[:-1] and (found[-1] == END or length == MOST)
    ]
    for row, vector in enumerate(stepped.values[0]):
        with torch.no_grad():
            best = max(sequences, key=lambda found: stepped.decoder.score_of(vector, found))
            score = stepped.decoder.score_of(vector, best)
        inside = [choice for choice in best if choice != END]
        assert chosen[row].tolist() == inside + [END] * (MOST - len(inside))
        assert int(lengths[row]) == len(inside)
        assert float(scores[row]) == pytest.approx(score, abs=1e-5)


def test_a_wider_beam_finds_better_sequences(stepped: Stepped) -> None:
    means = [float(searched(stepped, width)[2].mean()) for width in (1, 4, WIDEST)]
    assert means == sorted(means)
    assert means[0] < means[-1]


def test_other_rows_of_a_batch_change_nothing(stepped: Stepped) -> None:
    together = searched(stepped, 3, 7)
    for row in range(5):
        alone = searched(Stepped(stepped.decoder, (stepped.values[0][row : row + 1],)), 3, 7)
        for whole, one in zip(together, alone, strict=True):
            assert torch.allclose(whole[row], one[0], atol=1e-5)
