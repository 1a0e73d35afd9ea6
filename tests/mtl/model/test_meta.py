from __future__ import annotations

import torch
from torch import nn

from mtl.model.meta import on_meta


def test_modules_have_shapes_and_no_memory() -> None:
    with on_meta():
        embedding, lstm = nn.Embedding(7, 5), nn.LSTM(5, 3)
    assert {parameter.device.type for module in (embedding, lstm) for parameter in module.parameters()} == {"meta"}
    assert embedding.weight.shape == (7, 5)
    assert torch.zeros(1).device.type == "cpu"
