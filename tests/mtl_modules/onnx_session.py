"""A module in onnxruntime, as the exporter translates it."""

from __future__ import annotations

import warnings
from typing import Any

import onnx_ir as ir
import onnxruntime
import torch
from torch import Tensor, nn

from mtl.export import operators


def session(module: nn.Module, arguments: tuple[Tensor, ...], shapes: Any) -> onnxruntime.InferenceSession:
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
    proto = ir.serde.serialize_model(program.model)
    del proto.graph.value_info[:]
    return onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
