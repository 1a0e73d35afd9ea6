"""A parser's search inside a graph: one loop, which finds what eager torch finds for any number of texts and words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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

BEST = {"beam": 4, "nbest": 3}


class Parser(nn.Module):
    """A decoder of random weights, or what takes its place in a graph, and the search over it."""

    def __init__(self, decoder: nn.Module, keys: dict[str, Any]) -> None:
        super().__init__()
        self.decoder = decoder
        self.output = TransitionOutput(target(), **keys)

    def forward(self, values: Tensor, lengths: Tensor) -> tuple[Tensor, ...]:
        return tuple(self.output.answer(Stepped(self.decoder, (PaddedSequence(values, lengths),))).values())


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::FutureWarning")  # of torch, about its own internals
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    ("keys", "outputs"), [({}, 2), ({"beam": 3}, 2), ({"action_scores": True}, 3), ({**BEST, "action_scores": True}, 5)]
)
@every_decoder
@torch.no_grad()
def test_the_exported_search_finds_the_same_actions(
    name: str, keys: dict[str, Any], outputs: int, tmp_path: Path
) -> None:
    file, dynamic = tmp_path / "parser.onnx", torch.export.Dim.DYNAMIC
    parser = Parser(decoder(name), keys).eval()
    program = torch.onnx.export(
        Parser(decoder(name).exportable(), keys).eval(),
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
        found, wanted = session.run(None, given), parser(values, lengths)
        assert len(found) == len(wanted) == outputs
        for one, other in zip(found, wanted, strict=True):
            if other.is_floating_point():
                assert np.allclose(one, other.numpy(), rtol=1e-4, atol=1e-6)
            else:
                assert np.array_equal(one, other.numpy())
