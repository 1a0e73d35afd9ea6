"""From the folder of an export to that of its eight-bit variant.

The graphs have the names, inputs and outputs that they have in the export, and one weights file: eight-bit integers and
scales in place of matrices, tables and LSTMs, all else as it is there.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx_ir as ir
import torch

from ...base.files import write
from ...base.tensors import write_tensors
from ..cut import graph_bytes
from ..manifest import MANIFEST
from ..scratch import copy_into
from ..weights import WEIGHTS, references
from .rewrite import rewrite
from .scales import quantized
from .uses import plan

VALUES, SCALES, LSTM = "int8", "scales", "lstm"  # what a weight's name is followed by


def write_variant(export: Path, out: Path) -> None:
    """Write the eight-bit variant of an export into an empty folder, all but its manifest; raises `OSError`."""
    models = {file.name: ir.load(file) for file in sorted(export.glob("*.onnx"))}
    weights = plan(models.values())
    made: dict[str, ir.TensorProtocol] = {}

    def store(name: str, form: str) -> tuple[ir.TensorProtocol, ir.TensorProtocol]:
        """Return the tensors of a weight in a form, which are made once."""
        stem = f"{name}.{LSTM}" if form == LSTM else name
        if f"{stem}.{VALUES}" not in made:
            found = quantized(references_of[name].numpy(), weights[name].along, weights[name].bits)
            values, scales = found.values, found.scales
            if form == LSTM:  # [directions, 4H, in] -> [directions, in, 4H]; scales [directions, 4H]
                values, scales = values.transpose(0, 2, 1), scales[:, :, 0]
            elif form == "columns":
                scales = scales[0]
            made[f"{stem}.{VALUES}"] = ir.tensor(np.ascontiguousarray(values), name=f"{stem}.{VALUES}")
            made[f"{stem}.{SCALES}"] = ir.tensor(np.ascontiguousarray(scales), name=f"{stem}.{SCALES}")
        return made[f"{stem}.{VALUES}"], made[f"{stem}.{SCALES}"]

    references_of = references(export)
    for model in models.values():
        rewrite(model, weights, store)
    names = {name for model in models.values() for name in model.graph.initializers}
    kept: dict[str, ir.TensorProtocol] = {**references_of, **made}
    tensors = {name: torch.from_numpy(np.array(kept[name].numpy())) for name in sorted(names & {*kept})}
    write_tensors(out / WEIGHTS, tensors, {})
    placed = references(out)
    for name, model in models.items():
        for known, value in model.graph.initializers.items():
            if known in placed:
                value.const_value = placed[known]
        write(out / name, graph_bytes(model))
    for path in sorted(export.iterdir()):
        if path.name not in {*models, WEIGHTS, MANIFEST}:
            copy_into(path, out)
