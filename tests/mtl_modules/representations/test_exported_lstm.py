"""The exported LSTM against torch's own."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.export import Dim

from mtl_modules.representations.exported_lstm import masked_lstm, onnx_weights
from tests.mtl_modules.onnx_session import session


class Lstm(nn.Module):
    def __init__(self, bidirectional: bool) -> None:
        super().__init__()
        self.inner = nn.LSTM(6, 5, batch_first=True, bidirectional=bidirectional)
        W, R, B = onnx_weights(self.inner, 0)
        self.W, self.R, self.B = nn.Parameter(W), nn.Parameter(R), nn.Parameter(B)

    def forward(self, values: Tensor, lengths: Tensor) -> Tensor:
        out: Tensor = masked_lstm(values, lengths, self.W, self.R, self.B, 5)
        return out


@torch.no_grad()
@pytest.mark.parametrize("bidirectional", [True, False])
def test_lstm_equals_torch_and_is_one_node(bidirectional: bool) -> None:
    module = Lstm(bidirectional)
    rows, steps = Dim.DYNAMIC, Dim.DYNAMIC
    runtime = session(module, (torch.randn(3, 6, 6), torch.tensor([6, 2, 4])), ({0: rows, 1: steps}, {0: rows}))
    for batch, length, longest in [(1, 1, 1), (4, 7, 7), (2, 300, 300), (3, 9, 4), (1, 300, 2)]:
        values = torch.randn(batch, length, 6)
        lengths = torch.randint(1, longest + 1, (batch,))  # a graph from tokens may be given more padding than it needs
        lengths[0] = longest
        packed = nn.utils.rnn.pack_padded_sequence(values, lengths, batch_first=True, enforce_sorted=False)
        expected, _ = nn.utils.rnn.pad_packed_sequence(module.inner(packed)[0], batch_first=True, total_length=length)
        assert torch.allclose(module(values, lengths), expected, atol=1e-6)
        found = runtime.run(None, {"values": values.numpy(), "lengths": lengths.numpy()})[0]
        assert np.abs(found - expected.numpy()).max() < 1e-5
