"""Searches: eager, and in a graph that onnxruntime runs."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from mtl.model.loop import State
from mtl.model.search import Greedy, Stepped

END, LABELS, MOST = 0, 5, 7


class Toy(nn.Module):
    """A decoder that is taught with its own history: a recurrent cell over the last choice."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.choices = nn.Embedding(LABELS + 1, 8)
        self.cell = nn.GRUCell(8, 6)
        self.scores = nn.Linear(6, LABELS)

    def start(self, vectors: Tensor) -> tuple[State, State]:
        return (vectors.flip(1),), (vectors,)

    def step(self, read: State, state: State, choice: Tensor) -> tuple[Tensor, State]:
        hidden = self.cell(self.choices(choice + 1), state[0] + 0.3 * read[0])
        return 3 * self.scores(hidden), (hidden,)

    def score_of(self, vector: Tensor, choices: tuple[int, ...]) -> float:
        """Return the log-probability of a row's choices, one after another."""
        (read, state), last, total = self.start(vector[None]), torch.tensor([-1]), 0.0
        for choice in choices:
            scores, state = self.step(read, state, last)
            total += float(scores.log_softmax(-1)[0, choice])
            last = torch.tensor([choice])
        return total


class Decoded(nn.Module):
    """An output layer's answer: the search over a stepped decoder."""

    def __init__(self, decoder: Toy) -> None:
        super().__init__()
        self.decoder = decoder
        self.search = Greedy(END)

    def forward(self, vectors: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return self.search(Stepped(self.decoder, (vectors,)), MOST)


@pytest.fixture(scope="module")
def decoded() -> Decoded:
    return Decoded(Toy()).eval()


def vectors(rows: int) -> Tensor:
    return torch.randn(rows, 6, generator=torch.Generator().manual_seed(1))


@torch.no_grad()
def test_greedy_takes_the_best_choice_at_every_step_and_adds_up_its_scores(decoded: Decoded) -> None:
    given = vectors(16)
    chosen, lengths, scores = decoded(given)
    assert len({int(length) for length in lengths}) > 2  # rows end at different steps
    for row, vector in enumerate(given):
        choices: tuple[int, ...] = ()
        for _ in range(MOST):
            best = max(range(LABELS), key=lambda choice: decoded.decoder.score_of(vector, (*choices, choice)))
            choices = (*choices, best)
            if best == END:
                break
        inside = tuple(itertools.takewhile(lambda choice: choice != END, choices))
        assert tuple(chosen[row, : lengths[row]].tolist()) == inside
        assert chosen[row, lengths[row] :].tolist() == [END] * (MOST - len(inside))
        assert float(scores[row]) == pytest.approx(decoded.decoder.score_of(vector, choices), abs=1e-5)


@torch.no_grad()
def test_other_rows_of_a_batch_change_nothing(decoded: Decoded) -> None:
    given = vectors(9)
    together = decoded(given)
    for row in range(len(given)):
        for whole, alone in zip(together, decoded(given[row : row + 1]), strict=True):
            assert torch.allclose(whole[row], alone[0], atol=1e-5)


@pytest.mark.filterwarnings("ignore::FutureWarning")  # of torch, about its own internals
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@torch.no_grad()
def test_the_exported_search_is_one_loop_and_finds_the_same(decoded: Decoded, tmp_path: Path) -> None:
    file = tmp_path / "greedy.onnx"
    shapes = ({0: torch.export.Dim.DYNAMIC},)
    program = torch.onnx.export(
        decoded, (vectors(3),), dynamo=True, dynamic_shapes=shapes, opset_version=20, verbose=False
    )
    assert program is not None
    assert [node.op_type for node in program.model.graph].count("Loop") == 1
    program.save(file)
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    for rows in (1, 4, 33):
        given = vectors(rows)
        found = session.run(None, {session.get_inputs()[0].name: given.numpy()})
        chosen, lengths, scores = decoded(given)
        assert np.array_equal(found[0], chosen.numpy())
        assert np.array_equal(found[1], lengths.numpy())
        assert np.allclose(found[2], scores.numpy(), atol=1e-5)
