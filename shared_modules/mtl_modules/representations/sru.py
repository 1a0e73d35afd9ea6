"""Simple recurrent units: a recurrence without matrix products."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from mtl.base.registry import register
from mtl.model.module import PaddedSequence, Representation
from mtl.model.precision import in_float32

from ..layers.both_ways import from_time, to_time
from ..layers.limits import Count, Rate
from ..layers.recurrent_layers import RecurrentLayers, Scan

SCALE = 3**0.5  # of the highway: the variance of what comes out is then that of what goes in, for gates without a bias


@register("representation", "sru")
class SRU(Representation):
    """Stacked simple recurrent units that read each row in both directions (Lei et al., 2018, section 3).

    All matrix products are over whole rows; the loop over time has products of single values only, so a token costs
    less than with an LSTM. `hidden` is the size of each direction (vectors of 2 x hidden come out), `layers` how many
    are stacked, `dropout` the rate before each layer.
    """

    def __init__(self, input_dim: int, *, hidden: Count = 200, layers: Count = 2, dropout: Rate = 0.0) -> None:
        super().__init__()
        self._output_dim = 2 * hidden
        sizes = [input_dim, *[2 * hidden] * (layers - 1)]
        self.layers = RecurrentLayers([SRULayer(size, hidden) for size in sizes], light_recurrence, dropout)

    def layered(self) -> list[Iterator[nn.Parameter]]:
        """Return the parameters of each layer."""
        return self.layers.layered()

    def forward(self, inputs: PaddedSequence) -> PaddedSequence:
        """Return [B, T, 2 x hidden] for [B, T, D]."""
        found: PaddedSequence = self.layers(inputs)
        return found

    @property
    def output_dim(self) -> int:
        """Twice the size of a direction."""
        return self._output_dim

    def exportable(self) -> nn.Module:
        """Return the same layers with a `Scan` for the loop over time."""
        exported = importlib.import_module(
            "mtl_modules.representations.exported_sru"
        )  # needs onnxscript: not for training
        return self.layers.exported(exported.light_recurrence)


class SRULayer(nn.Module):
    """One layer; where its vectors have another size than its input, the highway is a projection of the input.

    `project` makes of a token, for each direction, a candidate and what it adds to the forget and the reset gate.
    """

    def __init__(self, input_dim: int, hidden: int) -> None:
        super().__init__()
        bound = (3 / input_dim) ** 0.5
        self.project = nn.Linear(input_dim, 2 * 3 * hidden, bias=False)
        self.highway = None if input_dim == 2 * hidden else nn.Linear(input_dim, 2 * hidden, bias=False)
        for linear in filter(None, (self.project, self.highway)):
            nn.init.uniform_(linear.weight, -bound, bound)
        self.peepholes = nn.Parameter(torch.empty(2, 1, 2 * hidden).uniform_(-(hidden**-0.5), hidden**-0.5))
        self.biases = nn.Parameter(torch.zeros(2, 1, 2 * hidden))

    def forward(self, values: Tensor, lengths: Tensor, scan: Scan) -> Tensor:
        """Return [B, T, 2 x hidden] for [B, T, D]; zeros where there is padding."""
        highway = values if self.highway is None else self.highway(values)
        return in_float32(scan, self.project(values), highway * SCALE, lengths, self.peepholes, self.biases)


def light_recurrence(projected: Tensor, highway: Tensor, lengths: Tensor, peepholes: Tensor, biases: Tensor) -> Tensor:
    """Return the outputs [B, T, 2 x H] of projected tokens [B, T, 2 x 3H]; zeros where there is padding.

    A state is the mean of the one before it and of the token's candidate, weighted by the forget gate; what comes out
    is the mean of the state and of `highway` [B, T, 2 x H], weighted by the reset gate. Both gates see the state before
    the token, through `peepholes` [2, 1, 2H], and have `biases` of the same shape.
    """
    hidden = highway.shape[2] // 2
    tokens = to_time(projected, lengths)
    candidates = tokens[..., :hidden]
    forget, reset = (tokens[..., hidden:] + biases).chunk(2, -1)
    in_forget, in_reset = peepholes.chunk(2, -1)
    states = [torch.zeros_like(candidates[0])]
    for candidate, gate in zip(candidates.unbind(0), forget.unbind(0), strict=True):
        states.append(torch.lerp(candidate, states[-1], torch.addcmul(gate, in_forget, states[-1]).sigmoid()))
    found = torch.stack(states)
    kept = torch.addcmul(reset, in_reset, found[:-1]).sigmoid()
    return from_time(torch.lerp(to_time(highway, lengths), found[1:], kept), lengths)
