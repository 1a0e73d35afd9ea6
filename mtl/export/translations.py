"""torch's own translations to ONNX, listed once in a process."""

from __future__ import annotations

import copy
import importlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING

import onnxscript

if TYPE_CHECKING:
    from torch.onnx._internal.exporter._registration import ONNXRegistry

_PATCHED = threading.RLock()  # held while torch is patched: of two exports at once, one would restore the other's patch
_REGISTRY = "torch.onnx._internal.exporter._registration"
# By opset, for the whole process: a list depends on the versions of torch and onnxscript alone, and is only copied.
_listed: dict[int, ONNXRegistry] = {}


@contextmanager
def listed_once() -> Iterator[None]:
    """Let `torch.onnx.export` take its translations from the list of an earlier call: a copy that it may add to.

    Listing them takes a fourth of the time of a small network's export, and most of that is spent on the source code
    of some 500 functions, of each of which nothing is asked but its domain. torch is patched for the whole process, so
    one thread exports at a time. Where a version of torch or onnxscript lacks the private names that this takes, torch
    lists them itself at every export.
    """
    with _PATCHED:
        registry = getattr(_module(), "ONNXRegistry", None)
        if "from_torchlib" not in getattr(registry, "__dict__", {}) or not _has_function_ir():
            yield
            return
        from torch.onnx._internal.exporter._registration import ONNXRegistry

        lists = ONNXRegistry.__dict__["from_torchlib"]

        def from_torchlib(_: type[ONNXRegistry], opset_version: int) -> ONNXRegistry:
            if opset_version not in _listed:
                with _domains_alone():
                    _listed[opset_version] = lists.__func__(ONNXRegistry, opset_version)
            found = copy.copy(_listed[opset_version])
            found.functions = {name: list(functions) for name, functions in found.functions.items()}
            return found

        ONNXRegistry.from_torchlib = classmethod(from_torchlib)  # type: ignore[assignment,method-assign]
        try:
            yield
        finally:
            ONNXRegistry.from_torchlib = lists  # type: ignore[method-assign]


def _module() -> ModuleType | None:
    try:
        return importlib.import_module(_REGISTRY)
    except ImportError:
        return None


def _has_function_ir() -> bool:
    return hasattr(getattr(onnxscript, "TracedOnnxFunction", None), "function_ir")


@contextmanager
def _domains_alone() -> Iterator[None]:
    """Let `function_ir` of a traced function be its domain, without a translation of its source code."""
    whole = onnxscript.TracedOnnxFunction.function_ir
    domain = property(lambda function: SimpleNamespace(domain=function.opset.domain))
    onnxscript.TracedOnnxFunction.function_ir = domain  # type: ignore[assignment]
    try:
        yield
    finally:
        onnxscript.TracedOnnxFunction.function_ir = whole  # type: ignore[method-assign]
