"""torch's translations to ONNX are listed once in a process, and are those that torch would list itself."""

from __future__ import annotations

import threading
from typing import Any

import onnxscript
import pytest
import torch
from torch import nn
from torch.onnx._internal.exporter._registration import ONNXRegistry

from mtl.export import translations
from mtl.export.tracing import OPSET, _torch_export
from mtl.export.translations import listed_once

# torch warns of its own internals, which it copies.
pytestmark = pytest.mark.filterwarnings("ignore:`isinstance:FutureWarning")


def described(registry: ONNXRegistry) -> dict[Any, list[tuple[Any, ...]]]:
    """Return all that a registry says of each operator."""
    return {
        name: [(f.onnx_function, f.fx_target, repr(f.signature), f.is_custom, f.is_complex) for f in functions]
        for name, functions in registry.functions.items()
    }


def test_they_are_those_that_torch_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translations, "_listed", {})
    wanted = ONNXRegistry.from_torchlib(OPSET)
    whole = onnxscript.TracedOnnxFunction.function_ir
    with listed_once():
        found = ONNXRegistry.from_torchlib(OPSET)
    assert onnxscript.TracedOnnxFunction.function_ir is whole
    assert len(found.functions) > 300
    assert (found.opset_version, described(found)) == (OPSET, described(wanted))


def test_what_one_export_adds_is_not_there_in_the_next() -> None:
    operator = torch.ops.aten.relu.default
    with listed_once():
        first = ONNXRegistry.from_torchlib(OPSET)
        first.register_op(operator, lambda x: x)
        second = ONNXRegistry.from_torchlib(OPSET)
    assert [f.is_custom for f in first.get_decomps(operator)] == [True, False]
    assert [f.is_custom for f in second.get_decomps(operator)] == [False]
    assert second.functions.keys() == first.functions.keys()


def test_a_second_export_lists_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    lists, calls = ONNXRegistry.__dict__["from_torchlib"], []

    def noting(cls: type[ONNXRegistry], opset_version: int) -> ONNXRegistry:
        calls.append(opset_version)
        found: ONNXRegistry = lists.__func__(cls, opset_version)
        return found

    monkeypatch.setattr(translations, "_listed", {})
    monkeypatch.setattr(ONNXRegistry, "from_torchlib", classmethod(noting))
    for _ in range(2):
        program = _torch_export(nn.ReLU().eval(), (torch.ones(2, 3),))
        assert program is not None
        assert [node.op_type for node in program.model.graph] == ["Relu"]
    assert calls == [OPSET]


@pytest.mark.parametrize("lacking", ["module", "registry", "function"])
def test_without_the_private_names_torch_lists_itself(lacking: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lists = ONNXRegistry.__dict__["from_torchlib"]
    monkeypatch.setattr(translations, "_listed", {})
    if lacking == "module":
        monkeypatch.setattr(translations, "_REGISTRY", "torch.onnx.there_is_none")
    elif lacking == "registry":
        monkeypatch.delattr("torch.onnx._internal.exporter._registration.ONNXRegistry")
    else:
        monkeypatch.delattr(onnxscript, "TracedOnnxFunction")
    with listed_once():
        assert ONNXRegistry.__dict__["from_torchlib"] is lists
    assert translations._listed == {}


def test_torch_is_restored_and_one_thread_patches_it_after_another() -> None:
    before = ONNXRegistry.__dict__["from_torchlib"]
    inside, leave, second = threading.Event(), threading.Event(), threading.Event()

    def first_export() -> None:
        with pytest.raises(KeyError), listed_once():
            inside.set()
            leave.wait(60)
            raise KeyError

    def second_export() -> None:
        with listed_once():
            second.set()

    threads = [threading.Thread(target=first_export), threading.Thread(target=second_export)]
    threads[0].start()
    assert inside.wait(60)
    assert ONNXRegistry.__dict__["from_torchlib"] is not before
    threads[1].start()
    assert not second.wait(0.2)
    leave.set()
    for thread in threads:
        thread.join(60)
    assert second.is_set()
    assert ONNXRegistry.__dict__["from_torchlib"] is before
