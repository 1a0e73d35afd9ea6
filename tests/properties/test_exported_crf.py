"""A CRF answers the same once exported, whatever the sizes: every label and score, and of equal sequences the same."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import onnx_ir as ir
import onnx_ir.passes.common as passes
import onnxruntime
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.export import Dim

from mtl_modules.layers.translations import DOUBLE
from mtl_modules.outputs.exported_crf import crf_marginals, kind_of, viterbi
from mtl_modules.outputs.linear_chain import Chain, best_path, marginals
from tests.mtl_modules.onnx_session import exported, started

Arrays = list[NDArray[Any]]
NAMES = ("scores", "lengths", "transitions", "start", "end")


class Decode(nn.Module):
    """Everything but the type is given, so that one graph serves any number of labels."""

    def __init__(self, kind: int) -> None:
        super().__init__()
        self.kind = kind

    def forward(
        self, scores: Tensor, lengths: Tensor, transitions: Tensor, start: Tensor, end: Tensor
    ) -> tuple[Tensor, Tensor]:
        chain = (scores, lengths, transitions, start, end)
        return viterbi(*chain), crf_marginals(*chain, self.kind)


class Fixed(nn.Module):
    """The number of labels is known, as it is in an exported head."""

    def __init__(self, transitions: Tensor, start: Tensor, end: Tensor) -> None:
        super().__init__()
        self.transitions, self.start, self.end = map(nn.Parameter, (transitions, start, end))
        self.kind = kind_of(transitions, start, end)

    def forward(self, scores: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        chain = (scores, lengths, self.transitions, self.start, self.end)
        return viterbi(*chain), crf_marginals(*chain, self.kind)


def chain_of(rows: int, steps: int, labels: int, seed: int, *, ties: bool = False, scale: float = 1.0) -> Chain:
    """Return a chain of these sizes; small whole numbers add up exactly, and many sequences have equal scores."""
    generator = torch.Generator().manual_seed(seed)

    def values(*shape: int) -> Tensor:
        if ties:
            return torch.randint(-1, 2, shape, generator=generator).float()
        return torch.randn(*shape, generator=generator) * scale

    lengths = torch.randint(1, steps + 1, (rows,), generator=generator)
    return Chain(values(rows, steps, labels), lengths, values(labels, labels), values(labels), values(labels))


@cache
def dynamic(kind: int) -> ir.Model:
    any_size = Dim.DYNAMIC
    shapes = ({0: any_size, 1: any_size, 2: any_size}, {0: any_size}, {0: any_size, 1: any_size}, *[{0: any_size}] * 2)
    return exported(Decode(kind), tuple(chain_of(3, 6, 5, 0)), shapes)


@cache
def run_any(kind: int) -> Callable[[Chain], Arrays]:
    return runner(started(dynamic(kind)))


def runner(session: onnxruntime.InferenceSession) -> Callable[[Chain], Arrays]:
    wanted = {value.name for value in session.get_inputs()}

    def run(chain: Chain) -> Arrays:
        feed = {name: value.numpy() for name, value in zip(NAMES, chain, strict=True) if name in wanted}
        found: Arrays = session.run(None, feed)
        return found

    return run


def assert_same(found: Arrays, chain: Chain) -> None:
    """Labels are the same bit for bit, probabilities within float32; padding may hold anything finite."""
    best, probabilities = found
    inside = chain.mask().numpy()
    assert best.shape == inside.shape
    assert (best[inside] == best_path(chain).numpy()[inside]).all()
    assert np.isfinite(probabilities).all()
    assert np.abs(probabilities - marginals(chain).numpy())[inside].max() < 1e-5


sizes = st.tuples(st.sampled_from([1, 3, 64]), st.integers(1, 300), st.integers(1, 80))


@settings(max_examples=40)
@given(sizes, st.integers(0, 2**32), st.booleans(), st.sampled_from([0.1, 1.0, 30.0]))
@example((64, 300, 80), 1, False, 1.0)
@example((64, 300, 1), 1, True, 1.0)
@example((1, 1, 1), 1, False, 1.0)
@example((1, 300, 80), 1, True, 1.0)
def test_any_number_of_rows_tokens_and_labels(size: tuple[int, int, int], seed: int, ties: bool, scale: float) -> None:
    chain = chain_of(*size, seed, ties=ties, scale=scale)
    assert_same(run_any(kind_of(*chain[2:]))(chain), chain)


@pytest.mark.parametrize("labels", [1, 2, 13])
def test_a_number_of_labels_that_the_exporter_knows(labels: int) -> None:
    shapes = ({0: Dim.DYNAMIC, 1: Dim.DYNAMIC}, {0: Dim.DYNAMIC})
    drawn = chain_of(1, 1, labels, 7)
    run = runner(started(exported(Fixed(*drawn[2:]), tuple(chain_of(3, 6, labels, 0)[:2]), shapes)))
    for rows, steps in ((1, 1), (1, 2), (3, 1), (1, 300), (3, 37), (64, 9)):
        scores, lengths, *_ = chain_of(rows, steps, labels, rows + steps)
        chain = Chain(scores, lengths, *drawn[2:])
        assert_same(run(chain), chain)


def test_scores_that_forbid_and_scores_that_decide() -> None:
    chain = chain_of(3, 40, 9, 3)
    chain.transitions[2, 3] = chain.start[1] = chain.end[4] = -10_000.0
    chain.scores[0, 5, 7] = 300.0
    chain.scores[1, :, 2] = -300.0
    assert_same(run_any(kind_of(*chain[2:]))(chain), chain)


def test_a_pass_that_removes_copies_leaves_the_loops_right() -> None:
    """A value that leaves a loop's body twice makes onnxruntime gather at indices that nobody computed."""
    model = dynamic(DOUBLE).clone()
    passes.InlinePass()(model)
    passes.IdentityEliminationPass()(model)
    bodies = [
        attribute.as_graph() for node in model.graph for attribute in node.attributes.values() if is_body(attribute)
    ]
    assert len(bodies) == 3
    for body in bodies:
        assert len({id(value) for value in body.outputs}) == len(body.outputs)
        assert not {id(value) for value in body.outputs} & {id(value) for value in body.inputs}
    run = runner(started(model))
    for seed in range(20):
        chain = chain_of(3, 1 + 7 * seed, 1 + 4 * seed, seed)
        assert_same(run(chain), chain)


def is_body(attribute: ir.Attr) -> bool:
    return attribute.type is ir.AttributeType.GRAPH
