"""All weights of a run in one safetensors file, which every graph references as external data."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path

import onnx_ir as ir
from torch import Tensor

from ..base.errors import ExportError
from ..base.files import write
from ..base.tensors import write_tensors
from .cut import graph_bytes

WEIGHTS = "weights.safetensors"

# Types by their names in a safetensors header; of those that torch has, ONNX lacks none of these.
DTYPES = {
    "F64": ir.DataType.DOUBLE,
    "F32": ir.DataType.FLOAT,
    "F16": ir.DataType.FLOAT16,
    "BF16": ir.DataType.BFLOAT16,
    "I64": ir.DataType.INT64,
    "I32": ir.DataType.INT32,
    "I16": ir.DataType.INT16,
    "I8": ir.DataType.INT8,
    "U8": ir.DataType.UINT8,
    "BOOL": ir.DataType.BOOL,
}


def write_weights(folder: Path, parameters: Mapping[str, Tensor]) -> dict[str, ir.ExternalTensor]:
    """Write the tensors once and return the reference to each, by name; raises `OSError`."""
    write_tensors(folder / WEIGHTS, {name: tensor.cpu().clone() for name, tensor in parameters.items()}, {})
    return references(folder)


def references(folder: Path) -> dict[str, ir.ExternalTensor]:
    """Return where each tensor of a folder's weights file lies, as ONNX external data (bytes from the file's start).

    The file begins with the length of its header (8 bytes, little-endian) and the header; offsets count from its end.
    """
    with (folder / WEIGHTS).open("rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
    found = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            found[name] = ir.ExternalTensor(
                WEIGHTS,
                8 + size + begin,
                end - begin,
                _dtype(name, entry["dtype"]),
                shape=ir.Shape(entry["shape"]),
                name=name,
                base_dir=folder,
            )
    return found


def sizes_by_component(folder: Path, components: Iterable[str]) -> dict[str, int]:
    """Return how many bytes of a folder's weights file are each component's, of those that have any there.

    A weight's name begins with its component's; where one component's name goes on from another's, the longer counts.
    """
    found = dict.fromkeys(components, 0)
    for name, tensor in references(folder).items():
        found[max((own for own in found if name.startswith(f"{own}.")), key=len)] += tensor.nbytes
    return {name: size for name, size in found.items() if size}


def _dtype(name: str, stored: str) -> ir.DataType:
    if stored not in DTYPES:
        raise ExportError(f"{name}: weights: should be of a type among {', '.join(DTYPES)}. Found {stored}.")
    return DTYPES[stored]


def save(model: ir.Model, path: Path, weights: Mapping[str, ir.ExternalTensor]) -> None:
    """Write a graph whose named weights stay in the weights file; raises `OSError`.

    `model` references the weights file from now on.
    """
    for name, value in model.graph.initializers.items():
        if name in weights:
            value.const_value = weights[name]
    write(path, graph_bytes(model))
