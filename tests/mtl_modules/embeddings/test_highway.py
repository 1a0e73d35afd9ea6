from __future__ import annotations

import torch

from mtl_modules.embeddings.highway import Highway


def test_each_layer_mixes_what_it_computes_with_what_flows_in() -> None:
    module = Highway(3, 2)
    values = torch.randn(5, 3)
    wanted = values
    for transform, gate in zip(module.transforms, module.gates, strict=True):
        share = torch.sigmoid(wanted @ gate.weight.T + gate.bias)
        wanted = share * torch.relu(wanted @ transform.weight.T + transform.bias) + (1 - share) * wanted
    torch.testing.assert_close(module(values), wanted)


def test_gates_begin_nearly_closed() -> None:
    (gate,) = Highway(3, 1).gates
    assert gate.bias.tolist() == [-2.0] * 3


def test_no_layer_changes_nothing() -> None:
    module = Highway(3, 0)
    values = torch.randn(5, 3)
    assert torch.equal(module(values), values)
    assert not list(module.parameters())
