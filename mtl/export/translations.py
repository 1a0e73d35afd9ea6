"""torch's own translations to ONNX, listed once in a process."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import onnxscript
from torch.onnx._internal.exporter._registration import ONNXRegistry

_PATCHED = threading.RLock()  # held while torch is patched: of two exports at once, one would restore the other's patch
_listed: dict[int, ONNXRegistry] = {}  # by opset


@contextmanager
def listed_once() -> Iterator[None]:
    """Let `torch.onnx.export` take its translations from the list of an earlier call: a copy that it may add to.

    Listing them takes a fourth of the time of a small network's export, and most of that is spent on the source code
    of some 500 functions, of each of which nothing is asked but its domain. torch is patched for the whole process, so
    one thread exports at a time.
    """
    with _PATCHED:
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
