from __future__ import annotations

from typing import Literal

import pytest
import torch

from mtl.model.module import PaddedSequence
from mtl_modules import SlotAttention

INPUTS = PaddedSequence(torch.randn(2, 5, 4, generator=torch.Generator().manual_seed(0)), torch.tensor([5, 3]))


@pytest.mark.parametrize("score", ["bilinear", "additive"])
def test_a_state_is_beside_the_weighted_mean_of_all(score: Literal["bilinear", "additive"]) -> None:
    module = SlotAttention(4, hidden=3, score=score, dim=7).eval()
    found = module(INPUTS).values
    states = module.encoder(INPUTS).values
    assert torch.equal(found[:, :, :6], states)
    how = module.attention.score
    for row, length in enumerate(INPUTS.lengths.tolist()):
        own = states[row, :length]
        for token in range(length):
            if score == "bilinear":
                scores = own @ how.form(own[token])  # type: ignore[operator]
            else:
                scores = how.unit((how.own(own[token]) + how.other(own)).tanh()).squeeze(-1)  # type: ignore[operator]
            torch.testing.assert_close(found[row, token, 6:], scores.softmax(0) @ own)
