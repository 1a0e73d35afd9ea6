"""A bidirectional LSTM over padded rows, for CPUs.

torch runs an LSTM over a padded tensor with oneDNN, over a packed one step by step, for which it takes 1.3 to 1.9
times as long on batches of rows of similar length. Padding comes after a row's tokens, so it does no harm to reading
forwards; for reading backwards each row is reversed within its length.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from .dropout import dropout

# With more padding than this, computing nothing for it (packing) is worth more than oneDNN is.
LEAST_FILLED = 0.5


def pays_off(values: Tensor, lengths: Tensor) -> bool:
    """Say whether this is the faster way for rows [B, T, D] of these lengths."""
    if values.device.type != "cpu" or values.dtype != torch.float32 or not torch._C._has_mkldnn:
        return False
    return int(lengths.sum()) >= LEAST_FILLED * values.shape[0] * values.shape[1]


def run_padded(lstm: nn.LSTM, values: Tensor, lengths: Tensor) -> Tensor:
    """Return [B, T, 2 x hidden], the outputs of a bidirectional LSTM's last layer; zeros where there is padding.

    `lstm.dropout` applies between the layers in training, as it does in `nn.LSTM`.
    """
    rows, steps, _ = values.shape
    positions = torch.arange(steps)
    inside = positions < lengths[:, None]
    turned = torch.where(inside, lengths[:, None] - 1 - positions, positions)
    order = (turned + steps * torch.arange(rows)[:, None]).flatten()

    def turn(x: Tensor) -> Tensor:
        turned: Tensor = _Turned.apply(x.flatten(0, 1), order)  # type: ignore[no-untyped-call]
        return turned.view(rows, steps, -1)

    weights = lstm.all_weights
    for layer in range(lstm.num_layers):
        if layer and lstm.training and lstm.dropout:
            values = dropout(values, lstm.dropout)
        forwards = _read(lstm, values, weights[2 * layer])
        backwards = turn(_read(lstm, turn(values), weights[2 * layer + 1]))
        values = torch.cat([forwards, backwards], -1)
    return values if bool(inside.all()) else values * inside[:, :, None]


def _read(lstm: nn.LSTM, values: Tensor, weights: list[nn.Parameter]) -> Tensor:
    """Return [B, T, hidden]: one direction of one layer."""
    state = values.new_zeros(1, values.shape[0], lstm.hidden_size)
    # What nn.LSTM itself calls: biases, one layer, no dropout, in training or not, one direction, batch first.
    outputs: Tensor = torch._VF.lstm(
        values, (state, state), list[Tensor](weights), True, 1, 0.0, lstm.training, False, True
    )[0]
    return outputs


class _Turned(torch.autograd.Function):
    """Vectors [N, D] in another order [N] that is its own inverse: their gradients go back by the same order.

    The gradient of `index_select` adds up, as an order may name a place twice, and takes three times as long.
    """

    @staticmethod
    def forward(ctx: Any, values: Tensor, order: Tensor) -> Tensor:
        ctx.save_for_backward(order)
        return values.index_select(0, order)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (order,) = ctx.saved_tensors
        return gradient.index_select(0, order), None
