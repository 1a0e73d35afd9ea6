"""Multiplicative LSTMs against the equations of their sources, token by token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from mtl.model.module import PaddedSequence
from mtl_modules import MultiplicativeLSTM

INPUTS = torch.randn(2, 5, 6, generator=torch.Generator().manual_seed(0))
LENGTHS = torch.tensor([5, 3])


def integration(layer: Any, direction: int) -> Callable[[Tensor, Tensor], Tensor]:
    """Return the gates [4H] of a token [D] and a state [H], by Wu et al. (2016)."""
    of_tokens = layer.project.weight.chunk(2)[direction]
    own = {name: parameter[direction] for name, parameter in layer.named_parameters() if name != "project.weight"}

    def gates(token: Tensor, state: Tensor) -> Tensor:
        wx, uh = of_tokens @ token, state @ own["gates"]
        added: Tensor = own["of_states"] * uh + own["of_tokens"] * wx + own["bias"]
        return own["of_products"] * wx * uh + added

    return gates


def factored(layer: Any, direction: int) -> Callable[[Tensor, Tensor], Tensor]:
    """Return the gates [4H] of a token [D] and a state [H], by Krause et al. (2016)."""
    weights, biases = (p.chunk(2)[direction] for p in (layer.project.weight, layer.project.bias))
    into_factor, into_gates = layer.factors[direction], layer.gates[direction]
    hidden = len(into_factor)

    def gates(token: Tensor, state: Tensor) -> Tensor:
        projected = weights @ token + biases
        found: Tensor = projected[hidden:] + (projected[:hidden] * (state @ into_factor)) @ into_gates
        return found

    return gates


def states(gates: Callable[[Tensor, Tensor], Tensor], tokens: Tensor, hidden: int) -> Tensor:
    """Return the states [T, H] of an LSTM for tokens [T, D] in the order of reading."""
    state = cell = torch.zeros(hidden)
    found = []
    for token in tokens:
        i, f, o, g = gates(token, state).chunk(4)
        cell = f.sigmoid() * cell + i.sigmoid() * g.tanh()
        state = o.sigmoid() * cell.tanh()
        found.append(state)
    return torch.stack(found)


@pytest.mark.parametrize(("cell", "equations"), [("integration", integration), ("factored", factored)])
def test_a_layer_is_its_equations(cell: Any, equations: Callable[..., Callable[[Tensor, Tensor], Tensor]]) -> None:
    module = MultiplicativeLSTM(6, hidden=4, cell=cell)
    (layer,) = module.layers.layers
    for parameter in layer.parameters():
        torch.nn.init.normal_(parameter)  # those that begin at 0 and 1 among them
    values = module(PaddedSequence(INPUTS, LENGTHS)).values
    for row, length in enumerate(LENGTHS.tolist()):
        tokens = INPUTS[row, :length]
        onwards = states(equations(layer, 0), tokens, 4)
        backwards = states(equations(layer, 1), tokens.flip(0), 4).flip(0)
        torch.testing.assert_close(values[row, :length], torch.cat([onwards, backwards], -1))
        assert values[row, length:].abs().sum() == 0
