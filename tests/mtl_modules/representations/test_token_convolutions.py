# messages stand in one piece
"""Convolutions over tokens: which tokens are in a window, and what is wrong with some widths."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from mtl.base.errors import UsageError
from mtl.model.module import PaddedSequence
from mtl_modules import CNN, BSeqCNN, DilatedCNN
from mtl_modules.layers.token_convolution import TokenConvolution

VALUES = torch.randn(2, 9, 3, generator=torch.Generator().manual_seed(0))
INPUTS = PaddedSequence(VALUES, torch.tensor([9, 4]))


def seen(module: Any, token: int, row: int = 0) -> list[int]:
    """Return the tokens that a token's vector depends on."""
    values = VALUES.clone().requires_grad_()
    found = module(PaddedSequence(values, INPUTS.lengths))
    found.values[row, token].sum().backward()
    assert values.grad is not None
    return values.grad[row].abs().sum(-1).nonzero().squeeze(1).tolist()


@pytest.mark.parametrize(
    ("width", "dilation", "window"),
    [(1, 1, [4]), (2, 1, [4, 5]), (3, 1, [3, 4, 5]), (3, 2, [2, 4, 6]), (4, 2, [2, 4, 6, 8])],
)
def test_a_window_is_centred(width: int, dilation: int, window: list[int]) -> None:
    module = TokenConvolution(3, 2, width, dilation)
    found = module(VALUES)
    assert found.shape == (2, 9, 2)
    taken = VALUES[0, window].T.flatten()
    torch.testing.assert_close(found[0, 4], module.convolution.weight.flatten(1) @ taken + module.convolution.bias)


def test_a_cnn_is_convolutions_side_by_side() -> None:
    module = CNN(3, dim=5, widths=[1, 3])
    values = VALUES * INPUTS.mask()[:, :, None]
    wanted = torch.cat([convolution(values).relu() for convolution in module.convolutions], -1)
    assert [convolution.convolution.out_channels for convolution in module.convolutions] == [3, 2]  # type: ignore[union-attr]
    torch.testing.assert_close(module(INPUTS).values, wanted)


def test_a_dilated_cnn_sees_farther_with_every_layer_and_iteration() -> None:
    torch.manual_seed(1)
    assert seen(DilatedCNN(3, dim=8, dilations=[1], iterations=1), 4) == [2, 3, 4, 5, 6]
    assert seen(DilatedCNN(3, dim=8, dilations=[1, 2], iterations=1), 4) == [0, 1, 2, 3, 4, 5, 6, 7, 8]
    assert seen(DilatedCNN(3, dim=8, dilations=[1], iterations=2), 4) == [1, 2, 3, 4, 5, 6, 7]
    assert seen(DilatedCNN(3, dim=8), 2, row=1) == [0, 1, 2, 3]


def test_iterations_have_one_set_of_weights() -> None:
    count = {n: sum(p.numel() for p in DilatedCNN(3, dim=8, iterations=n).parameters()) for n in (1, 3)}
    assert count[1] == count[3]


def test_a_bseqcnn_keeps_the_largest_values_of_either_side() -> None:
    module = BSeqCNN(3, dim=4, widths=[2], context=3, neighbours=1)
    (before,), (after,) = module.before, module.after
    padded = torch.cat([torch.zeros(3, 3), VALUES[0], torch.zeros(3, 3)])
    found = module(INPUTS).values
    for token in (0, 4, 8):
        past, future = padded[token : token + 4].T, padded[token + 3 : token + 7].T
        maxima = torch.cat([before(past[None])[0].amax(1), after(future[None])[0].amax(1)]).relu()
        wanted = (module.combine(maxima) + module.around(VALUES[:1])[0, token]).tanh()
        torch.testing.assert_close(found[0, token], wanted)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: CNN(3, widths=[]), "'widths' should have 1 to 300 numbers, which share out 'dim'. Found 0."),
        (
            lambda: CNN(3, dim=2, widths=[1, 2, 3]),
            "'widths' should have 1 to 2 numbers, which share out 'dim'. Found 3.",
        ),
        (lambda: DilatedCNN(3, dilations=[]), "'dilations' should have a number for each layer. There is none."),
        (
            lambda: BSeqCNN(3, widths=[]),
            "'widths' should be at most 6: a window is a token and up to 5 others, its 'context'. Found no width.",
        ),
        (
            lambda: BSeqCNN(3, widths=[2, 4], context=2),
            "'widths' should be at most 3: a window is a token and up to 2 others, its 'context'. Found 4 among them.",
        ),
    ],
)
def test_what_is_wrong_with_widths(build: Any, message: str) -> None:
    with pytest.raises(UsageError) as raised:
        build()
    assert str(raised.value) == message
