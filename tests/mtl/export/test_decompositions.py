"""When decomposing a program is left out, and when it is not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram

from mtl.export.decompositions import no_idle_decomposition

# torch warns of its own internals, which it copies.
pytestmark = pytest.mark.filterwarnings("ignore:`isinstance:FutureWarning")

X = torch.arange(6.0).reshape(2, 3)


class Computes(nn.Module):
    """What a function computes."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


def exported(function: Callable[[Tensor], Tensor]) -> ExportedProgram:
    return torch.export.export(Computes(function), (X,), dynamic_shapes=(dict.fromkeys((0, 1), Dim.DYNAMIC),))


def filled(x: Tensor) -> Tensor:
    result = torch.zeros_like(x)
    result[:, 0] = x[:, 0]
    return result


def test_a_cast_is_what_decomposing_makes_of_it() -> None:
    program = exported(lambda x: x.to(torch.int64) + x.to(torch.float32).to(torch.int64))
    assert "aten.to.dtype" in str(program.graph)
    with no_idle_decomposition():
        assert program.run_decompositions(TABLE) is program
    assert str(program.graph).count("aten._to_copy.default") == 3
    assert "aten.to.dtype" not in str(program.graph)
    assert program.module()(X).tolist() == [[0, 2, 4], [6, 8, 10]]


TABLE = {torch.ops.aten.silu.default: lambda x: x * torch.sigmoid(x)}


@pytest.mark.parametrize(
    "function",
    [
        pytest.param(lambda x: x.view(x.shape[0] * x.shape[1])[None].relu(), id="views, and arithmetic on sizes"),
        pytest.param(lambda x: nn.functional.linear(x.softmax(-1), x), id="composite operators that ONNX has"),
        pytest.param(lambda x: nn.functional.normalize(x), id="one that may be a view, and ONNX has"),
    ],
)
def test_nothing_to_decompose(function: Callable[[Tensor], Tensor]) -> None:
    program = exported(function)
    with no_idle_decomposition():
        assert program.run_decompositions(TABLE) is program


@pytest.mark.parametrize(
    ("function", "gone"),
    [
        pytest.param(nn.functional.silu, "aten.silu.default", id="a rule"),
        pytest.param(filled, "aten.copy_.default", id="in place"),
        pytest.param(lambda x: x.flatten(), "aten.flatten.using_ints", id="a composite that may be a view"),
    ],
)
def test_something_to_decompose(function: Callable[[Tensor], Tensor], gone: str) -> None:
    program = exported(function)
    assert gone in str(program.graph)
    with no_idle_decomposition():
        found = program.run_decompositions(TABLE)
    assert gone not in str(found.graph)
    torch.testing.assert_close(found.module()(X), function(X))


def test_without_a_table_torch_decides_as_ever() -> None:
    before = ExportedProgram.run_decompositions
    program = exported(nn.functional.silu)
    with no_idle_decomposition():
        found = program.run_decompositions()
        assert found is not program
        assert ExportedProgram.run_decompositions is not before
    assert ExportedProgram.run_decompositions is before
    with pytest.raises(KeyError), no_idle_decomposition():
        raise KeyError
    assert ExportedProgram.run_decompositions is before
