from __future__ import annotations

import torch

from mtl.model.module import PaddedSequence
from mtl_modules import MaxPooling, SelfAttention

INPUTS = PaddedSequence(torch.randn(2, 4, 3, generator=torch.Generator().manual_seed(0)) - 5, torch.tensor([4, 2]))


def test_the_largest_value_of_a_row_is_taken() -> None:
    wanted = torch.stack([INPUTS.values[0].amax(0), INPUTS.values[1, :2].amax(0)])
    assert torch.equal(MaxPooling(3)(INPUTS), wanted)


def test_attention_is_a_weighted_mean_of_a_row() -> None:
    module = SelfAttention(3, dim=5)
    values = INPUTS.values[1, :2]
    weights = module.query(torch.tanh(module.project(values))).softmax(0)
    torch.testing.assert_close(module(INPUTS)[1], (weights * values).sum(0))
