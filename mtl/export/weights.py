"""All weights of a run in one safetensors file, which every graph references as external data."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path

import onnx_ir as ir
from torch import Tensor

from ..files import write, write_tensors
from .cut import serialized

WEIGHTS = "weights.safetensors"


def write_weights(folder: Path, parameters: Mapping[str, Tensor]) -> dict[str, ir.ExternalTensor]:
    """Write the tensors once and return the reference to each, by name; raises `OSError`."""
    write_tensors(folder / WEIGHTS, {name: tensor.cpu().clone() for name, tensor in parameters.items()}, {})
    return references(folder)


def references(folder: Path) -> dict[str, ir.ExternalTensor]:
    """Return where each tensor of a folder's weights file lies, as ONNX external data (bytes from the file's start)."""
    with (folder / WEIGHTS).open("rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
    dtypes = {"F32": ir.DataType.FLOAT, "F64": ir.DataType.DOUBLE, "I64": ir.DataType.INT64, "BOOL": ir.DataType.BOOL}
    found = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            dtype, shape = dtypes[entry["dtype"]], ir.Shape(entry["shape"])
            found[name] = ir.ExternalTensor(
                WEIGHTS, 8 + size + begin, end - begin, dtype, shape=shape, name=name, base_dir=folder
            )
    return found


def save(model: ir.Model, path: Path, weights: Mapping[str, ir.ExternalTensor]) -> None:
    """Write a graph whose named weights stay in the weights file; raises `OSError`.

    `model` references the weights file from now on.
    """
    for name, value in model.graph.initializers.items():
        if name in weights:
            value.const_value = weights[name]
    write(path, serialized(model))
