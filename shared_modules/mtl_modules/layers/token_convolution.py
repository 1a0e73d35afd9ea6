"""Convolutions over a text's tokens."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


class TokenConvolution(nn.Module):
    """Filters over windows of tokens, one window centred on each token; beyond a text's ends there are zeros.

    A window of even width has one token more after its centre than before it. With a `dilation` of n every n-th token
    is in the window.
    """

    def __init__(self, input_dim: int, filters: int, width: int, dilation: int = 1) -> None:
        super().__init__()
        self.margins = (width - 1) // 2 * dilation, width // 2 * dilation
        self.convolution = nn.Conv1d(input_dim, filters, width, dilation=dilation)

    def forward(self, values: Tensor) -> Tensor:
        """Return [B, T, filters] for [B, T, D]; where there is padding, `values` has to be zeros."""
        found: Tensor = self.convolution(F.pad(values.transpose(1, 2), self.margins))
        return found.transpose(1, 2)


def without_padding(values: Tensor, inside: Tensor) -> Tensor:
    """Return [B, T, D] with zeros where there is padding; `inside` [B, T] says where there are tokens."""
    return values.masked_fill(~inside[:, :, None], 0.0)
