"""LSTMs in which the state before a token and the token multiply each other."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Literal

import torch
from torch import Tensor, nn

from mtl.base.registry import register
from mtl.model.module import PaddedSequence, Representation
from mtl.model.precision import in_float32

from ..layers.both_ways import from_time, to_time
from ..layers.limits import Count, Rate
from ..layers.recurrent_layers import RecurrentLayers, Scan

Cell = Literal["integration", "factored"]


@register("representation", "multiplicative_lstm")
class MultiplicativeLSTM(Representation):
    """Stacked LSTMs of multiplicative integration (MI-LSTM, Wu et al., 2016) that read each row in both directions.

    In each gate, what comes from the token and what comes from the state before it are multiplied, value by value, and
    added: `a * Wx * Uh + b * Uh + c * Wx + d`, all learned. With `cell: factored` the gates of an LSTM
    see that state after it was multiplied by a projection of the token (mLSTM, Krause et al., 2016). `hidden` is the
    size of each direction (vectors of 2 x hidden come out), `layers` how many are stacked, `dropout` the rate before
    each layer.
    """

    def __init__(
        self,
        input_dim: int,
        *,
        hidden: Count = 200,
        layers: Count = 1,
        cell: Cell = "integration",
        dropout: Rate = 0.0,
    ) -> None:
        super().__init__()
        self._output_dim = 2 * hidden
        self.cell = cell
        sizes = [input_dim, *[2 * hidden] * (layers - 1)]
        if cell == "integration":
            self.layers = RecurrentLayers([IntegrationLayer(n, hidden) for n in sizes], integration_recurrence, dropout)
        else:
            self.layers = RecurrentLayers([FactoredLayer(n, hidden) for n in sizes], factored_recurrence, dropout)

    def layered(self) -> list[Iterator[nn.Parameter]]:
        """Return the parameters of each layer."""
        return self.layers.layered()

    def forward(self, inputs: PaddedSequence) -> PaddedSequence:
        """Return [B, T, 2 x hidden] for [B, T, D]; zeros where there is padding."""
        found: PaddedSequence = self.layers(inputs)
        return found

    @property
    def output_dim(self) -> int:
        """Twice the size of a direction."""
        return self._output_dim

    def exportable(self) -> nn.Module:
        """Return the same layers with a `Scan` for the loop over time."""
        exported = importlib.import_module(
            "mtl_modules.representations.exported_multiplicative_lstm"
        )  # needs onnxscript: not for training
        return self.layers.exported(getattr(exported, f"{self.cell}_recurrence"))


class IntegrationLayer(nn.Module):
    """One layer of MI-LSTMs; gates are in the order i, f, o, g. It begins as an LSTM with the products added."""

    def __init__(self, input_dim: int, hidden: int) -> None:
        super().__init__()
        bound = hidden**-0.5  # as torch's LSTM
        self.project = nn.Linear(input_dim, 2 * 4 * hidden, bias=False)
        self.gates = nn.Parameter(torch.empty(2, hidden, 4 * hidden).uniform_(-bound, bound))
        self.of_products = nn.Parameter(torch.ones(2, 4 * hidden))
        self.of_states = nn.Parameter(torch.ones(2, 4 * hidden))
        self.of_tokens = nn.Parameter(torch.ones(2, 4 * hidden))
        self.bias = nn.Parameter(torch.zeros(2, 4 * hidden))

    def forward(self, values: Tensor, lengths: Tensor, scan: Scan) -> Tensor:
        """Return [B, T, 2 x hidden] for [B, T, D]."""
        tokens = self.project(values).unflatten(-1, self.bias.shape)
        factors = self.of_products * tokens + self.of_states
        added = self.of_tokens * tokens + self.bias
        return in_float32(scan, torch.cat([factors, added], -1).flatten(2), lengths, self.gates)


def integration_recurrence(projected: Tensor, lengths: Tensor, gates: Tensor) -> Tensor:
    """Return the states [B, T, 2 x H] of projected tokens [B, T, 2 x 8H]; zeros where there is padding.

    Of a token and a direction there is first what the state's share in the gates is multiplied by, then what is added.
    `gates` [2, H, 4H] are the matrices of that share.
    """
    state = cell = projected.new_zeros(2, projected.shape[0], gates.shape[1])
    states = []
    for token in to_time(projected, lengths).unbind(0):
        factor, start = token.chunk(2, -1)
        i, f, o, g = torch.addcmul(start, factor, torch.bmm(state, gates)).chunk(4, -1)
        cell = f.sigmoid() * cell + i.sigmoid() * g.tanh()
        state = o.sigmoid() * cell.tanh()
        states.append(state)
    return from_time(torch.stack(states), lengths)


class FactoredLayer(nn.Module):
    """One layer of mLSTMs.

    `project` makes of a token, for each direction, its factor and what it adds to the gates, in the order i, f, o, g.
    """

    def __init__(self, input_dim: int, hidden: int) -> None:
        super().__init__()
        bound = hidden**-0.5  # as torch's LSTM
        self.project = nn.Linear(input_dim, 2 * 5 * hidden)
        self.factors = nn.Parameter(torch.empty(2, hidden, hidden).uniform_(-bound, bound))
        self.gates = nn.Parameter(torch.empty(2, hidden, 4 * hidden).uniform_(-bound, bound))

    def forward(self, values: Tensor, lengths: Tensor, scan: Scan) -> Tensor:
        """Return [B, T, 2 x hidden] for [B, T, D]."""
        return in_float32(scan, self.project(values), lengths, self.factors, self.gates)


def factored_recurrence(projected: Tensor, lengths: Tensor, factors: Tensor, gates: Tensor) -> Tensor:
    """Return the states [B, T, 2 x H] of projected tokens [B, T, 2 x 5H]; zeros where there is padding.

    `factors` [2, H, H] and `gates` [2, H, 4H] are the matrices by which states are multiplied.
    """
    hidden = factors.shape[1]
    tokens = to_time(projected, lengths)
    own, added = tokens[..., :hidden], tokens[..., hidden:]
    state = cell = torch.zeros_like(own[0])
    states = []
    for factor, start in zip(own.unbind(0), added.unbind(0), strict=True):
        seen = factor * torch.bmm(state, factors)
        i, f, o, g = torch.baddbmm(start, seen, gates).chunk(4, -1)
        cell = f.sigmoid() * cell + i.sigmoid() * g.tanh()
        state = o.sigmoid() * cell.tanh()
        states.append(state)
    return from_time(torch.stack(states), lengths)
