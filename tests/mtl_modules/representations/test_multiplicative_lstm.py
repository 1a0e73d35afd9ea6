"""A multiplicative LSTM against the equations of its source, token by token."""

from __future__ import annotations

import torch
from torch import Tensor

from mtl.model.module import PaddedSequence
from mtl_modules import MultiplicativeLSTM

INPUTS = torch.randn(2, 5, 6, generator=torch.Generator().manual_seed(0))
LENGTHS = torch.tensor([5, 3])


def by_equations(layer: torch.nn.Module, tokens: Tensor, direction: int) -> Tensor:
    """Return the states [T, H] of one direction for tokens [T, D] in the order of reading."""
    weights, biases = (p.chunk(2)[direction] for p in (layer.project.weight, layer.project.bias))  # type: ignore[operator, union-attr]
    into_factor, into_gates = layer.factors[direction], layer.gates[direction]  # type: ignore[index]
    hidden = len(into_factor)
    state = cell = torch.zeros(hidden)
    found = []
    for token in tokens:
        projected = weights @ token + biases
        seen = projected[:hidden] * (state @ into_factor)
        i, f, o, g = (projected[hidden:] + seen @ into_gates).chunk(4)
        cell = f.sigmoid() * cell + i.sigmoid() * g.tanh()
        state = o.sigmoid() * cell.tanh()
        found.append(state)
    return torch.stack(found)


def test_a_layer_is_its_equations() -> None:
    module = MultiplicativeLSTM(6, hidden=4)
    (layer,) = module.layers.layers
    values = module(PaddedSequence(INPUTS, LENGTHS)).values
    for row, length in enumerate(LENGTHS.tolist()):
        tokens = INPUTS[row, :length]
        wanted = torch.cat([by_equations(layer, tokens, 0), by_equations(layer, tokens.flip(0), 1).flip(0)], -1)
        torch.testing.assert_close(values[row, :length], wanted)
        assert values[row, length:].abs().sum() == 0
