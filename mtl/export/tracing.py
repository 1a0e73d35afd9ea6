"""What `torch.onnx.export` makes of a network, or which component it fails at."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import onnx_ir as ir
import torch
from torch import Tensor, nn
from torch.export import Dim

from ..base.errors import ExportError
from ..model.programs import Value
from .decompositions import no_idle_decomposition
from .network import Network
from .operators import translation_table
from .translations import listed_once

OPSET = 20


def traced(network: Network, tensors: tuple[Tensor, ...]) -> ir.Model:
    """Return the graph of a network, of any sizes; raises `ExportError` that names the component at fault."""
    shapes = tuple(dict.fromkeys(range(tensor.dim()), Dim.DYNAMIC) for tensor in tensors)
    try:
        with _quiet(), torch.no_grad():
            program = _torch_export(network, tensors, (shapes,))
    except Exception as error:  # torch raises whatever a module's code or its own passes raise
        raise ExportError(_blame(network, tensors, error)) from error
    if program is None:
        raise ExportError("numeric graph: should come out of torch.onnx.export. Found nothing.")
    return program.model


def _torch_export(module: nn.Module, arguments: tuple[Any, ...], shapes: Any = None) -> torch.onnx.ONNXProgram | None:
    with no_idle_decomposition(), listed_once():
        return torch.onnx.export(
            module,
            arguments,
            dynamo=True,
            verbose=False,
            optimize=False,
            opset_version=OPSET,
            dynamic_shapes=shapes,
            custom_translation_table=translation_table(),
        )


def _blame(network: Network, tensors: tuple[Tensor, ...], error: Exception) -> str:
    """Say which component cannot be exported: the first whose call fails by itself."""
    suspects = {name: _Suspect(name, module) for name, module in network.by_name.items()}
    try:
        with _quiet(), torch.no_grad():
            network.values(tensors, suspects)
    except _Culprit as found:
        task = next(t for t in network.tasks if found.component in network.graph.path(t))
        return f"{task}: numeric graph: '{found.component}' cannot be exported: {_first_cause(found)}"
    return f"{', '.join(network.tasks)}: numeric graph: cannot be exported: {_first_cause(error)}"


class _Culprit(Exception):
    """Raised from what a component's export failed with."""

    def __init__(self, component: str) -> None:
        super().__init__(component)
        self.component = component


class _Suspect(nn.Module):
    """A component that is exported by itself before it computes anything."""

    def __init__(self, component: str, module: nn.Module) -> None:
        super().__init__()
        self.component, self.module = component, module

    def __getattr__(self, name: str) -> Any:
        """Return what the component has: a step may ask for another method than `forward`."""
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(self._modules["module"], name)

    def forward(self, *arguments: Value) -> Value:
        try:
            _torch_export(self.module, arguments)
            value: Value = self.module(*arguments)
        except Exception as error:  # whatever the component's code raises
            raise _Culprit(self.component) from error
        return value


def _first_cause(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    return f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else 'no message'}"


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep torch's notes on its own internals from the user."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
