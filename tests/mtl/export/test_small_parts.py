"""Cuts, weights, heads and the swap of folders."""

from __future__ import annotations

import ctypes
import errno
import os
from pathlib import Path

import numpy as np
import onnx_ir as ir
import onnxruntime
import pytest
import torch

from mtl.base.errors import ExportError
from mtl.export import swap
from mtl.export.cut import cut, graph_bytes
from mtl.export.weights import references, save, write_weights

TYPES = ("float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool")


def sums() -> ir.Model:
    """Return a graph of x + weight, and of that squared."""
    weight = ir.Value(name="part.weight", const_value=ir.tensor(np.arange(3, dtype=np.float32), name="part.weight"))
    x = ir.val("x", ir.DataType.FLOAT, ir.Shape(["B", 3]))
    unused = ir.val("unused", ir.DataType.FLOAT, ir.Shape(["B"]))
    added = ir.node("Add", [x, weight])
    squared = ir.node("Mul", [added.outputs[0], added.outputs[0]])
    for node, name in ((added, "sum"), (squared, "square")):
        node.outputs[0].name = name
        node.outputs[0].type = ir.TensorType(ir.DataType.FLOAT)
        node.outputs[0].shape = ir.Shape(["B", 3])
    graph = ir.Graph(
        [x, unused],
        [squared.outputs[0]],
        nodes=[added, squared],
        initializers=[weight],
        opset_imports={"": 20},
        name="sums",
    )
    return ir.Model(graph, ir_version=10)


def run(content: bytes | Path, feed: np.ndarray) -> dict[str, np.ndarray]:
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {"x": feed}), strict=True))


def test_a_cut_holds_ancestors_and_leaves_the_model_alone() -> None:
    model = sums()
    found = cut(model, {"sum": "answer"}, {"task": "sum"}, "head")
    assert [node.op_type for node in found.graph] == ["Add"]
    assert [value.name for value in found.graph.inputs] == ["x"]
    assert found.metadata_props["task"] == "sum"
    assert [node.op_type for node in model.graph] == ["Add", "Mul"]
    assert model.graph.outputs[0].name == "square"
    assert run(graph_bytes(found), np.ones((1, 3), np.float32))["answer"].tolist() == [[1, 2, 3]]


def test_one_value_can_go_out_twice_and_an_input_too() -> None:
    model = sums()
    model.graph.outputs.append(model.graph.inputs[0])
    found = cut(model, {"sum": "one", "x": "same"}, {}, "head")
    model.graph.outputs.clear()
    answers = run(graph_bytes(found), np.ones((1, 3), np.float32))
    assert answers["same"].tolist() == [[1, 1, 1]]
    assert answers["one"].tolist() == [[1, 2, 3]]


def test_a_cut_at_what_does_not_exist() -> None:
    with pytest.raises(ExportError) as caught:
        cut(sums(), {"sums": "answer", "square": "other"}, {}, "head")
    assert str(caught.value) == "head: cut: should be values of the joint graph. Found sums."


def test_an_answer_may_be_called_as_a_value_inside() -> None:
    found = cut(sums(), {"square": "sum"}, {}, "head")
    assert [value.name for value in found.graph.outputs] == ["sum"]
    assert run(graph_bytes(found), np.ones((1, 3), np.float32))["sum"].tolist() == [[1, 4, 9]]


def test_an_answer_may_not_be_called_as_an_input() -> None:
    with pytest.raises(ExportError) as caught:
        cut(sums(), {"sum": "x"}, {}, "head")
    assert str(caught.value) == "head: cut: the answer 'x' should have another name. Found an input of it."


def test_weights_are_references_into_one_file(tmp_path: Path) -> None:
    tensors = {"a.flag": torch.tensor([True]), "part.weight": torch.tensor([2.0, 3, 4]), "b.big": torch.zeros(5, 7)}
    weights = write_weights(tmp_path, tensors)
    content = (tmp_path / "weights.safetensors").read_bytes()
    reference = weights["part.weight"]
    start = int(reference.offset or 0)
    assert np.frombuffer(content[start : start + 12], np.float32).tolist() == [2, 3, 4]
    assert {name: tuple(found.shape) for name, found in references(tmp_path).items()} == {
        "a.flag": (1,),
        "part.weight": (3,),
        "b.big": (5, 7),
    }
    save(cut(sums(), {"sum": "answer"}, {}, "head"), tmp_path / "head.onnx", weights)
    assert run(tmp_path / "head.onnx", np.ones((1, 3), np.float32))["answer"].tolist() == [[3, 4, 5]]


@pytest.mark.parametrize("dtype", [getattr(torch, name) for name in TYPES])
def test_weights_of_every_type(tmp_path: Path, dtype: torch.dtype) -> None:
    """A module's buffers may be of any type that torch and ONNX both have."""
    tensor = torch.tensor([[1, 0, 1], [0, 1, 1]]).to(dtype)
    (reference,) = write_weights(tmp_path, {"part.buffer": tensor}).values()
    assert reference.length == tensor.nbytes
    value = ir.Value(name="part.buffer", const_value=reference, type=ir.TensorType(reference.dtype))
    value.shape = reference.shape
    cast = ir.node("Cast", [value], {"to": ir.DataType.FLOAT})
    cast.outputs[0].name, cast.outputs[0].type = "y", ir.TensorType(ir.DataType.FLOAT)
    graph = ir.Graph([], cast.outputs, nodes=[cast], initializers=[value], opset_imports={"": 20}, name="types")
    save(ir.Model(graph, ir_version=10), tmp_path / "types.onnx", {"part.buffer": reference})
    session = onnxruntime.InferenceSession(tmp_path / "types.onnx", providers=["CPUExecutionProvider"])
    assert session.run(None, {})[0].tolist() == [[1, 0, 1], [0, 1, 1]]


def test_weights_of_a_type_that_onnx_lacks(tmp_path: Path) -> None:
    with pytest.raises(ExportError) as caught:
        write_weights(tmp_path, {"part.spectrum": torch.zeros(2, dtype=torch.complex64)})
    assert str(caught.value) == (
        "part.spectrum: weights: should be of a type among F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL. Found C64."
    )


def folders(parent: Path) -> tuple[Path, Path]:
    for name in ("new", "place"):
        (parent / name).mkdir()
        (parent / name / "content").write_text(name)
    return parent / "new", parent / "place"


@pytest.mark.parametrize("known", [True, False])
def test_a_folder_takes_the_place_of_another(tmp_path: Path, known: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    new, place = folders(tmp_path)
    if not known:
        monkeypatch.setattr(swap, "exchange", lambda *_: False)
    swap.publish(new, place)
    assert (place / "content").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["place"]


def test_where_nothing_can_take_its_place_the_old_folder_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, place = folders(tmp_path)
    monkeypatch.setattr(swap, "exchange", lambda *_: False)
    with pytest.raises(FileNotFoundError):
        swap.publish(tmp_path / "nothing", place)
    assert (place / "content").read_text() == "place"


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM])
def test_file_systems_that_cannot_swap(tmp_path: Path, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    class Libc:
        def __init__(self, *_: object, **__: object) -> None: ...

        @staticmethod
        def renameat2(*_: object) -> int:
            ctypes.set_errno(code)
            return -1

    monkeypatch.setattr(ctypes, "CDLL", Libc)
    new, place = folders(tmp_path)
    assert not swap.exchange(new, place)
    swap.publish(new, place)
    assert (place / "content").read_text() == "new"


def test_a_folder_takes_an_empty_place(tmp_path: Path) -> None:
    new, place = folders(tmp_path)
    (place / "content").unlink()
    place.rmdir()
    swap.publish(new, place)
    assert (place / "content").read_text() == "new"


@pytest.mark.skipif(not os.path.exists("/proc/self"), reason="only Linux swaps two names in one step")
def test_two_names_are_swapped_in_one_step(tmp_path: Path) -> None:
    new, place = folders(tmp_path)
    if not swap.exchange(new, place):
        pytest.skip("this file system cannot swap names")
    assert (place / "content").read_text() == "new"
    assert (new / "content").read_text() == "place"
    with pytest.raises(FileNotFoundError):
        swap.exchange(tmp_path / "nothing", place)
