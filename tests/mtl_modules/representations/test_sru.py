"""Simple recurrent units against the equations of their source, token by token."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from mtl.model.module import PaddedSequence
from mtl_modules import SRU

INPUTS = torch.randn(2, 5, 6, generator=torch.Generator().manual_seed(0))
LENGTHS = torch.tensor([5, 3])


def by_equations(layer: torch.nn.Module, tokens: Tensor, direction: int) -> Tensor:
    """Return the outputs [T, H] of one direction for tokens [T, D] in the order of reading."""
    weights = layer.project.weight.chunk(2)[direction].chunk(3)  # type: ignore[operator, union-attr]
    in_forget, in_reset = layer.peepholes[direction, 0].chunk(2)  # type: ignore[index, union-attr]
    of_forget, of_reset = layer.biases[direction, 0].chunk(2)  # type: ignore[index, union-attr]
    state, found = torch.zeros(len(in_forget)), []
    for token in tokens:
        forget = (weights[1] @ token + in_forget * state + of_forget).sigmoid()
        reset = (weights[2] @ token + in_reset * state + of_reset).sigmoid()
        state = forget * state + (1 - forget) * (weights[0] @ token)
        beside = token if layer.highway is None else layer.highway.weight @ token  # type: ignore[operator, union-attr]
        found.append(reset * state + (1 - reset) * beside.chunk(2)[direction] * 3**0.5)
    return torch.stack(found)


@pytest.mark.parametrize("hidden", [4, 3])  # with 3 what comes out has the size of the input
def test_a_layer_is_its_equations(hidden: int) -> None:
    module = SRU(6, hidden=hidden, layers=1)
    (layer,) = module.layers.layers
    torch.nn.init.normal_(layer.biases)  # type: ignore[arg-type]
    assert (layer.highway is None) == (hidden == 3)
    values = module(PaddedSequence(INPUTS, LENGTHS)).values
    for row, length in enumerate(LENGTHS.tolist()):
        tokens = INPUTS[row, :length]
        wanted = torch.cat([by_equations(layer, tokens, 0), by_equations(layer, tokens.flip(0), 1).flip(0)], -1)
        torch.testing.assert_close(values[row, :length], wanted)
        assert values[row, length:].abs().sum() == 0


def test_layers_run_one_after_another() -> None:
    module = SRU(6, hidden=4, layers=2).eval()
    first, second = (layer for layer in module.layers.layers)
    wanted = second(first(INPUTS, LENGTHS, module.layers.scan), LENGTHS, module.layers.scan)
    assert torch.equal(module(PaddedSequence(INPUTS, LENGTHS)).values, wanted)


def test_dropout_is_for_training() -> None:
    module = SRU(6, hidden=4, dropout=0.5)
    sequence = PaddedSequence(INPUTS, LENGTHS)
    assert not torch.equal(module(sequence).values, module(sequence).values)
    module.eval()
    assert torch.equal(module(sequence).values, module(sequence).values)
