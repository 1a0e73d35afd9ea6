"""Layers that carry a share of their input on as it is."""

from __future__ import annotations

from torch import Tensor, nn


class Highway(nn.Module):
    """Highway layers (Srivastava et al., 2015, section 2): each mixes what it computes with what flows in, by a gate.

    As after the convolutions of Kim et al. (2016, section 2.3), what a layer computes is rectified, and the gates begin
    at a bias of -2, so that most of the input is carried on.
    """

    def __init__(self, dim: int, layers: int) -> None:
        super().__init__()
        self.transforms = nn.ModuleList(nn.Linear(dim, dim) for _ in range(layers))
        self.gates = nn.ModuleList(nn.Linear(dim, dim) for _ in range(layers))
        for gate in self.gates:
            nn.init.constant_(gate.bias, -2.0)  # type: ignore[arg-type]  # a linear layer's own

    def forward(self, values: Tensor) -> Tensor:
        """Return [..., dim] for [..., dim]."""
        for transform, gate in zip(self.transforms, self.gates, strict=True):
            share = gate(values).sigmoid()
            values = share * transform(values).relu() + (1 - share) * values
        return values
