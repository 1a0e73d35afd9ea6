"""Graphs inside a node: what is computed under a condition, or again and again."""

from __future__ import annotations

import onnx_ir as ir
from onnx_ir.tape import Tape


def body(tape: Tape, inputs: list[ir.Value], outputs: list[ir.Value], name: str) -> ir.Graph:
    """Return a graph inside a node; its values have names that no value outside has, nor one of a graph beside it.

    ONNX forbids the former; of the latter, its shape inference makes one value where sizes are propagated, and crashes.
    """
    for value in inputs:
        value.name = f"{name}/{value.name}"
    for number, node in enumerate(tape.nodes):
        for position, value in enumerate(node.outputs):
            value.name = f"{name}/{node.op_type}.{number}{f'.{position}' if position else ''}"
        for attribute in node.attributes.values():
            if attribute.type == ir.AttributeType.GRAPH:
                _prefix(attribute.as_graph(), f"{name}/{number}/")
    return ir.Graph(inputs, outputs, nodes=tape.nodes, name=name)


def _prefix(graph: ir.Graph, prefix: str) -> None:
    """Put a prefix before the names of all values in a graph and in those inside it."""
    for value in graph.inputs:
        value.name = f"{prefix}{value.name}"
    for node in graph.all_nodes():
        for value in node.outputs:
            value.name = f"{prefix}{value.name}"
        for attribute in node.attributes.values():
            if attribute.type == ir.AttributeType.GRAPH:
                for value in attribute.as_graph().inputs:
                    value.name = f"{prefix}{value.name}"
