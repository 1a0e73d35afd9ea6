from __future__ import annotations

import pytest
import torch
from torch import nn

from mtl.model.module import PaddedSequence
from mtl_modules import MLP
from mtl_modules.layers.dropout import DroppedLinear

ROWS = torch.randn(2, 3, generator=torch.Generator().manual_seed(0))
TOKENS = PaddedSequence(torch.randn(2, 4, 3, generator=torch.Generator().manual_seed(1)), torch.tensor([4, 2]))


@pytest.mark.parametrize(
    ("hidden", "dropout", "wanted"),
    [
        ([], 0.0, [DroppedLinear]),
        ([4], 0.0, [DroppedLinear, nn.Tanh, DroppedLinear]),
        ([4, 5], 0.1, [DroppedLinear, nn.Tanh, DroppedLinear, nn.Tanh, DroppedLinear]),
    ],
)
def test_layers(hidden: list[int], dropout: float, wanted: list[type]) -> None:
    module = MLP(3, 0, 2, hidden=hidden, dropout=dropout, activation="tanh")
    assert [type(layer) for layer in module.layers] == wanted
    assert {layer.rate for layer in module.layers if isinstance(layer, DroppedLinear)} == {dropout}


def test_a_condition_on_a_row_is_repeated_for_its_tokens() -> None:
    module = MLP(3, 3, 2)
    scores = module(TOKENS, ROWS)
    assert isinstance(scores, PaddedSequence)
    repeated = ROWS[:, None, :].expand(2, 4, 3)
    torch.testing.assert_close(scores.values, module.layers(torch.cat([TOKENS.values, repeated], -1)))


def test_a_condition_on_tokens_is_averaged_for_their_row() -> None:
    module = MLP(3, 3, 2)
    mean = torch.stack([TOKENS.values[0].mean(0), TOKENS.values[1, :2].mean(0)])
    torch.testing.assert_close(module(ROWS, TOKENS), module.layers(torch.cat([ROWS, mean], -1)))


def test_a_condition_on_tokens_stays_with_its_token() -> None:
    module = MLP(3, 3, 2)
    scores = module(TOKENS, TOKENS)
    assert isinstance(scores, PaddedSequence)
    torch.testing.assert_close(scores.values, module.layers(torch.cat([TOKENS.values, TOKENS.values], -1)))
