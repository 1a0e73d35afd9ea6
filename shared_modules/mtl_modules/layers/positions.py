"""Vectors of the positions of tokens."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class Sinusoids(nn.Module):
    """Sines and cosines of wavelengths from 2 pi to 20,000 pi (Vaswani et al., 2017, section 3.5), of any position.

    All sines come first, then all cosines.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, values: Tensor) -> Tensor:
        """Return [T, dim] for [B, T, dim]."""
        return sinusoids(torch.arange(values.shape[1], device=values.device), self.dim)


class LearnedPositions(nn.Module):
    """A trained vector of each position up to `max_length`; all later tokens have the last one."""

    def __init__(self, dim: int, max_length: int) -> None:
        super().__init__()
        self.table = nn.Embedding(max_length, dim)
        nn.init.normal_(self.table.weight, std=0.02)  # as BERT's

    def forward(self, values: Tensor) -> Tensor:
        """Return [T, dim] for [B, T, dim]."""
        places = torch.arange(values.shape[1], device=values.device)
        found: Tensor = self.table(places.clamp(max=self.table.num_embeddings - 1))
        return found


def sinusoids(places: Tensor, dim: int) -> Tensor:
    """Return [..., dim] for places [...], counted from 0."""
    half = (dim + 1) // 2
    rates = torch.exp(torch.arange(half, device=places.device).to(torch.float32) * (-math.log(10000.0) / half))
    angles = places.to(torch.float32)[..., None] * rates
    return torch.cat([angles.sin(), angles.cos()], -1)[..., :dim]
