"""A module in onnxruntime, as the exporter translates it."""

from __future__ import annotations

import warnings
from typing import Any

import onnx_ir as ir
import onnxruntime
import torch
from torch import Tensor, nn

from mtl.export import operators


def exported(module: nn.Module, arguments: tuple[Tensor, ...], shapes: Any) -> ir.Model:
    """Return the graph of a module."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            module.eval(),
            arguments,
            dynamo=True,
            verbose=False,
            opset_version=20,
            optimize=False,
            dynamic_shapes=shapes,
            custom_translation_table=operators.translation_table(),
        )
    assert program is not None
    return program.model


def started(model: ir.Model) -> onnxruntime.InferenceSession:
    """Return the session of a graph that forgets the sizes of its example."""
    proto = ir.serde.serialize_model(model)
    del proto.graph.value_info[:]
    return onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])


def session(module: nn.Module, arguments: tuple[Tensor, ...], shapes: Any) -> onnxruntime.InferenceSession:
    """Return the session of a module."""
    return started(exported(module, arguments, shapes))
