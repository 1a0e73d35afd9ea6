"""One step of an LSTM, in operations that torch can export inside of a loop."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def lstm_step(lstm: nn.LSTM, read: Tensor, hidden: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
    """Return output and cell [N, H] of a one-way LSTM of one layer, for what it reads [N, D] and those before."""
    of_read, of_hidden, bias_read, bias_hidden = lstm.all_weights[0]
    gates = F.linear(read, of_read, bias_read) + F.linear(hidden, of_hidden, bias_hidden)
    let_in, keep, new, out = torch.split(gates, lstm.hidden_size, -1)  # which ONNX has, too
    cell = keep.sigmoid() * cell + let_in.sigmoid() * new.tanh()
    return out.sigmoid() * cell.tanh(), cell
