"""A parser's search inside a graph: one loop, which finds what eager torch finds for any number of texts and words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from mtl.export.operators import translation_table
from mtl.model.module import PaddedSequence
from mtl.model.search import Stepped
from mtl_modules import TransitionOutput
from tests.properties.test_trees import SIZE, decoder, every_decoder, target


class Parser(nn.Module):
    """A decoder of random weights, or what takes its place in a graph, and the search over it."""

    def __init__(self, decoder: nn.Module, beam: int) -> None:
        super().__init__()
        self.decoder = decoder
        self.output = TransitionOutput(target(), beam=beam)

    def forward(self, values: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        found = self.output.answer(Stepped(self.decoder, (PaddedSequence(values, lengths),)))
        return found["actions"], found["score"]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::FutureWarning")  # of torch, about its own internals
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("beam", [1, 3])
@every_decoder
@torch.no_grad()
def test_the_exported_search_finds_the_same_actions(name: str, beam: int, tmp_path: Path) -> None:
    file, parser, dynamic = tmp_path / "parser.onnx", Parser(decoder(name), beam).eval(), torch.export.Dim.DYNAMIC
    program = torch.onnx.export(
        Parser(decoder(name).exportable(), beam).eval(),
        (torch.randn(3, 5, SIZE), torch.tensor([5, 2, 4])),
        dynamo=True,
        dynamic_shapes=({0: dynamic, 1: dynamic}, {0: dynamic}),
        opset_version=20,
        verbose=False,
        custom_translation_table=translation_table(),
    )
    assert program is not None
    assert [node.op_type for node in program.model.graph].count("Loop") == 1
    program.save(file)
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    draw = torch.Generator().manual_seed(4)
    for rows, words in ((1, 1), (1, 7), (4, 3), (9, 12)):
        values = torch.randn(rows, words, SIZE, generator=draw)
        lengths = torch.randint(1, words + 1, (rows,), generator=draw)
        given = {one.name: value.numpy() for one, value in zip(session.get_inputs(), (values, lengths), strict=True)}
        actions, score = session.run(None, given)
        wanted, probability = parser(values, lengths)
        assert np.array_equal(actions, wanted.numpy())
        assert np.allclose(score, probability.numpy(), rtol=1e-4, atol=1e-6)
