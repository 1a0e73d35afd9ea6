from __future__ import annotations

import torch

from mtl.model.module import PaddedSequence
from mtl_modules import Boundary, LastPooling, MaxPooling, MeanPooling, PooledSideBySide, QueryAttention, SelfAttention

INPUTS = PaddedSequence(torch.randn(2, 4, 3, generator=torch.Generator().manual_seed(0)) - 5, torch.tensor([4, 2]))


def test_the_largest_value_of_a_row_is_taken() -> None:
    wanted = torch.stack([INPUTS.values[0].amax(0), INPUTS.values[1, :2].amax(0)])
    assert torch.equal(MaxPooling(3)(INPUTS), wanted)


def test_attention_is_a_weighted_mean_of_a_row() -> None:
    module = SelfAttention(3, dim=5)
    values = INPUTS.values[1, :2]
    weights = module.query(torch.tanh(module.project(values))).softmax(0)
    torch.testing.assert_close(module(INPUTS)[1], (weights * values).sum(0))


def test_every_hop_is_a_weighted_mean() -> None:
    module = SelfAttention(3, dim=5, hops=2)
    values = INPUTS.values[1, :2]
    weights = module.query(torch.tanh(module.project(values))).softmax(0)
    torch.testing.assert_close(module(INPUTS)[1], torch.cat([weights[:, 0] @ values, weights[:, 1] @ values]))


def test_the_mean_is_that_of_a_rows_tokens() -> None:
    wanted = torch.stack([INPUTS.values[0].mean(0), INPUTS.values[1, :2].mean(0)])
    torch.testing.assert_close(MeanPooling(3)(INPUTS), wanted)


def test_the_last_token_is_that_of_the_row() -> None:
    assert torch.equal(LastPooling(3)(INPUTS), torch.stack([INPUTS.values[0, 3], INPUTS.values[1, 1]]))


def test_boundaries_are_the_first_and_the_last_token() -> None:
    wanted = torch.stack([INPUTS.values[0, [0, 3]].flatten(), INPUTS.values[1, [0, 1]].flatten()])
    assert torch.equal(Boundary(3)(INPUTS), wanted)


def test_queries_attend_to_tokens() -> None:
    module = QueryAttention(3, queries=2)
    values = INPUTS.values[1, :2]
    weights = (values @ module.queries.T / 3**0.5).softmax(0)
    torch.testing.assert_close(module(INPUTS)[1], torch.cat([weights[:, 0] @ values, weights[:, 1] @ values]))


def test_poolings_stand_side_by_side() -> None:
    module = PooledSideBySide(parts={"largest": MaxPooling(3), "ends": Boundary(3)})
    assert module.output_dim == 9
    one, two = torch.randn(2, 3), torch.randn(2, 6)
    assert torch.equal(module(one, two), torch.cat([one, two], 1))
