"""Layers that read each row in both directions, one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from torch import Tensor, nn

from mtl.model.module import PaddedSequence

from .dropout import dropout

Scan = Callable[..., Tensor]  # the part of a layer that is a loop over time


class RecurrentLayers(nn.Module):
    """Layers one after another, with dropout before each.

    A layer takes values [B, T, D], lengths [B], and the function that is its loop over time. In an exported graph this
    function is an operator of the library's own, which is translated into a `Scan`.
    """

    def __init__(self, layers: Iterable[nn.Module], scan: Scan, rate: float = 0.0) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.scan = scan
        self.rate = rate

    def forward(self, inputs: PaddedSequence) -> PaddedSequence:
        """Return what the last layer computes, [B, T, 2 x hidden]."""
        values, lengths = inputs
        for layer in self.layers:
            if self.training and self.rate:
                values = dropout(values, self.rate)
            values = layer(values, lengths, self.scan)
        return PaddedSequence(values, lengths)

    def layered(self) -> list[Iterator[nn.Parameter]]:
        """Return the parameters of each layer, the lowest first."""
        return [layer.parameters() for layer in self.layers]

    def exported(self, scan: Scan) -> RecurrentLayers:
        """Return the same layers with another loop over time."""
        return RecurrentLayers(self.layers, scan)


def layers_of(layers: nn.RNNBase) -> list[list[nn.Parameter]]:
    """Return the parameters of each layer of torch's, the lowest first."""
    named = [(name.removesuffix("_reverse"), own) for name, own in layers.named_parameters()]
    return [[own for name, own in named if name.endswith(f"_l{n}")] for n in range(layers.num_layers)]
