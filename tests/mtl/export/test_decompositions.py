"""When decomposing a program is left out, and when it is not."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram
from torch.fx import GraphModule

from mtl.export.decompositions import no_idle_decomposition
from mtl.export.tracing import _torch_export
from mtl.model.loop import State, repeat
from mtl.model.module import PaddedSequence
from mtl.text.features import CharacterIds
from mtl_modules.embeddings.char_cnn import CharCNN
from mtl_modules.pairs.kernel_pooling import KernelPooling
from mtl_modules.pairs.lexical_overlap import LexicalOverlap
from mtl_modules.poolings.query_attention import QueryAttention

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


def looped(x: Tensor, function: Callable[[Tensor], Tensor]) -> Tensor:
    """Apply a function until all numbers are above 9, with what stands for other operators in the loop."""

    def step(carried: State, read: State) -> State:
        return (function(carried[0]) + read[0],)

    def going(carried: State, read: State) -> Tensor:
        return ((carried[0] <= 9) & (read[0] > 0)).any()

    (found,) = repeat(going, step, (x,), (torch.ones_like(x),), nn.Identity())
    return found


def graphs_of(program: ExportedProgram) -> str:
    """Return the program's own graph and those of its loops."""
    return "".join(str(module.graph) for module in program.graph_module.modules() if isinstance(module, GraphModule))


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
        pytest.param(lambda x: nn.functional.normalize(x).reshape(-1), id="some that may be views, and ONNX has"),
        pytest.param(lambda x: ((x > 0) & (x < 3)) | (x > 4), id="what stands for other operators"),
        pytest.param(lambda x: looped(x, torch.abs), id="a loop over such operators"),
    ],
)
def test_nothing_to_decompose(function: Callable[[Tensor], Tensor]) -> None:
    program = exported(function)
    with no_idle_decomposition():
        assert program.run_decompositions(TABLE) is program
    assert not re.findall(r"aten\.__\w+__|aten\.to\.", graphs_of(program))
    torch.testing.assert_close(program.module()(X), function(X))


@pytest.mark.parametrize(
    ("function", "gone"),
    [
        pytest.param(nn.functional.silu, "aten.silu.default", id="a rule"),
        pytest.param(filled, "aten.copy_.default", id="in place"),
        pytest.param(lambda x: x.flatten(), "aten.flatten.using_ints", id="a composite that may be a view"),
        pytest.param(lambda x: looped(x, nn.functional.silu), "aten.silu.default", id="a rule for what a loop does"),
    ],
)
def test_something_to_decompose(function: Callable[[Tensor], Tensor], gone: str) -> None:
    program = exported(function)
    assert gone in graphs_of(program)
    with no_idle_decomposition():
        found = program.run_decompositions(TABLE)
    assert gone not in graphs_of(found)
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


def test_one_thread_after_another_patches_torch_and_restores_it() -> None:
    before = ExportedProgram.run_decompositions
    inside, leave, second = threading.Event(), threading.Event(), threading.Event()

    def first_export() -> None:
        with no_idle_decomposition():
            inside.set()
            leave.wait(60)

    def second_export() -> None:
        with no_idle_decomposition():
            second.set()

    threads = [threading.Thread(target=first_export), threading.Thread(target=second_export)]
    threads[0].start()
    assert inside.wait(60)
    threads[1].start()
    assert not second.wait(0.2)
    leave.set()
    for thread in threads:
        thread.join(60)
    assert second.is_set()
    assert ExportedProgram.run_decompositions is before


LENGTHS = torch.tensor([3, 2])
IDS = torch.tensor([[1, 2, 3], [4, 5, 0]])
SEQUENCE = PaddedSequence(torch.arange(12.0).reshape(2, 3, 2), LENGTHS)


class Pair(nn.Module):
    """A module of two sequences, given as tensors."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, values: Tensor, lengths: Tensor) -> Tensor:
        some = PaddedSequence(values, lengths)
        found: Tensor = self.module(some, some)
        return found


class Pools(nn.Module):
    """A pooling of a sequence of 2 dimensions, made of one number per token."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, values: Tensor, lengths: Tensor) -> Tensor:
        found: Tensor = self.module(PaddedSequence(torch.stack([values, -values], -1), lengths))
        return found


class Embeds(nn.Module):
    """An embedding's values."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, lengths: Tensor, ids: Tensor) -> Tensor:
        values: Tensor = self.module(lengths, ids).values
        return values


def shipped() -> dict[str, tuple[nn.Module, tuple[Tensor, ...]]]:
    characters = CharacterIds()
    characters.load_state({"vocabulary": ["a", "b", "c", "d"]})
    return {
        "kernel_pooling": (Pair(KernelPooling(3)), (SEQUENCE.values, LENGTHS)),
        "lexical_overlap": (Pair(LexicalOverlap(3.0)), (torch.rand(2, 3, 3), LENGTHS)),
        "query_attention": (Pools(QueryAttention(2, queries=2)), (X, LENGTHS)),
        "char_cnn": (Embeds(CharCNN((characters,), dim=4).exportable()), (LENGTHS, IDS[:, :, None].repeat(1, 1, 4))),
    }


@pytest.mark.parametrize("name", ["kernel_pooling", "lexical_overlap", "query_attention", "char_cnn"])
def test_programs_of_the_library_need_no_decomposition(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    decompose, decomposed = ExportedProgram.run_decompositions, []

    def noting(program: ExportedProgram, *given: Any) -> ExportedProgram:
        decomposed.append(str(program.graph))
        return decompose(program, *given)

    monkeypatch.setattr(ExportedProgram, "run_decompositions", noting)
    module, given = shipped()[name]
    _torch_export(module.eval(), given, tuple(dict.fromkeys(range(tensor.dim()), Dim.DYNAMIC) for tensor in given))
    assert decomposed == []
