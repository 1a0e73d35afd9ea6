"""Graphs inside a node: what is computed under a condition, or again and again."""

from __future__ import annotations

import onnx_ir as ir
from onnx_ir.tape import Tape


def body(tape: Tape, inputs: list[ir.Value], outputs: list[ir.Value], name: str) -> ir.Graph:
    """Return a graph inside a node; its values have names that no value outside has."""
    for value in inputs:
        value.name = f"{name}/{value.name}"
    for number, node in enumerate(tape.nodes):
        for position, value in enumerate(node.outputs):
            value.name = f"{name}/{node.op_type}.{number}{f'.{position}' if position else ''}"
    return ir.Graph(inputs, outputs, nodes=tape.nodes, name=name)
