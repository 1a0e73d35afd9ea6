"""Exported GRUs, SRUs and multiplicative LSTMs against their models."""

from __future__ import annotations

from collections.abc import Callable

import onnx_ir as ir
import pytest
import torch
from torch import Tensor, nn
from torch.export import Dim

from mtl.model.module import PaddedSequence, Representation
from mtl_modules import SRU, BiGRU, MultiplicativeLSTM
from tests.mtl_modules.onnx_session import exported, started


class Flat(nn.Module):
    """A stand-in that is given tensors."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, values: Tensor, lengths: Tensor) -> Tensor:
        found: Tensor = self.module(PaddedSequence(values, lengths)).values
        return found


MODULES: dict[str, tuple[Callable[[], Representation], str]] = {
    "bigru": (lambda: BiGRU(6, hidden=5, layers=2, dropout=0.3), "GRU"),
    "sru": (lambda: SRU(6, hidden=5, layers=2), "Scan"),
    "multiplicative_lstm": (lambda: MultiplicativeLSTM(6, hidden=5, layers=2), "Scan"),
    "multiplicative_lstm, factored": (lambda: MultiplicativeLSTM(6, hidden=5, layers=2, cell="factored"), "Scan"),
}


@pytest.mark.slow  # tests/properties/test_zoo.py exports each once
@torch.no_grad()
@pytest.mark.parametrize("name", MODULES)
def test_it_equals_the_model_and_is_one_node_a_layer(name: str) -> None:
    build, node = MODULES[name]
    torch.manual_seed(0)
    module = build().eval()
    for parameter in module.parameters():
        parameter.mul_(2)
    shapes = ({0: Dim.DYNAMIC, 1: Dim.DYNAMIC}, {0: Dim.DYNAMIC})
    graph = exported(Flat(module.exportable()), (torch.randn(3, 6, 6), torch.tensor([6, 2, 4])), shapes)
    kinds = [found.op_type for found in ir.traversal.RecursiveGraphIterator(graph.graph)]
    assert kinds.count(node) == 2
    assert "Loop" not in kinds
    runtime = started(graph)
    for batch, length, longest in [(1, 1, 1), (4, 7, 7), (2, 300, 300), (64, 9, 4), (1, 300, 2)]:
        lengths = torch.randint(1, longest + 1, (batch,))  # a graph from tokens may be given more padding than it needs
        lengths[0] = longest
        sequence = PaddedSequence(torch.randn(batch, length, 6), lengths)
        wanted = module(sequence).values[sequence.mask()]
        arrays = runtime.run(None, {"values": sequence.values.numpy(), "lengths": lengths.numpy()})
        torch.testing.assert_close(torch.from_numpy(arrays[0])[sequence.mask()], wanted, atol=1e-4, rtol=1e-4)
