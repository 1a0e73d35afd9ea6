"""Cutting a graph at some of its values: a head is the ancestors of its answers."""

from __future__ import annotations

from collections.abc import Mapping

import onnx_ir as ir
import onnx_ir.passes.common as passes

from ..errors import ExportError
from .layout import merge_transposes

IR_VERSION = 10


def cut(model: ir.Model, outputs: Mapping[str, str], metadata: Mapping[str, str], name: str) -> ir.Model:
    """Return the graph of the ancestors of some values; `outputs` maps their names to the output names.

    The inputs are those that the values depend on, in the order of `model`. Initializers keep their names and share
    their tensors with `model`, which stays as it is. No sizes but those of inputs and outputs are noted: what torch
    noted behind an `LSTM` is the length of its example.
    """
    graph = model.clone().graph
    values = ir.convenience.create_value_mapping(graph, include_subgraphs=False)
    missing = [value for value in outputs if value not in values]
    if missing:
        raise ExportError(f"{name}: cut: should be values of the joint graph. Found {', '.join(missing)}.")
    graph.outputs.clear()
    for value, output in outputs.items():
        graph.outputs.append(_as_output(graph, values[value], output))
    found = ir.Model(graph, ir_version=IR_VERSION, producer_name="mtl")
    merge_transposes(graph)
    passes.RemoveUnusedNodesPass()(found)
    passes.CommonSubexpressionEliminationPass()(found)
    passes.RemoveUnusedNodesPass()(found)
    passes.RemoveUnusedOpsetsPass()(found)
    for given in list(graph.inputs):
        if not given.uses() and not given.is_graph_output():
            graph.inputs.remove(given)
    graph.name = name
    _forget_sizes(graph)
    found.metadata_props.update(metadata)
    return found


def _as_output(graph: ir.Graph, value: ir.Value, name: str) -> ir.Value:
    """Let a value go by the name of an output; one that is an input or has gone out already gets a copy."""
    if value.producer() is None or value in graph.outputs:
        copy = ir.node("Identity", [value])
        graph.append(copy)
        copied = copy.outputs[0]
        copied.type, copied.shape, value = value.type, value.shape, copied
    value.name = name
    return value


def _forget_sizes(graph: ir.Graph) -> None:
    kept = {*graph.inputs, *graph.outputs}
    for node in ir.traversal.RecursiveGraphIterator(graph):
        node.metadata_props.clear()
        node.doc_string = None
        for value in node.outputs:
            value.metadata_props.clear()
            if value not in kept:
                value.shape = None
                value.type = None
