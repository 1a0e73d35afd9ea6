"""Cutting a graph at some of its values: a head is the ancestors of its answers."""

from __future__ import annotations

from collections.abc import Mapping

import onnx_ir as ir
import onnx_ir.passes.common as passes

from ..base.errors import ExportError
from .layout import simplify

IR_VERSION = 10
INFERRED = ("", "ai.onnx", "ai.onnx.ml")  # domains whose types onnx infers itself; without the others' its tools crash


def cut(model: ir.Model, outputs: Mapping[str, str], metadata: Mapping[str, str], name: str) -> ir.Model:
    """Return the graph of the ancestors of some values; `outputs` maps their names to the output names.

    The inputs are those that the values depend on, in the order of `model`. Initializers keep their names and share
    their tensors with `model`, which stays as it is. No sizes but those of inputs and outputs are noted: what torch
    noted after an `LSTM` is the length of its example. Types are noted where onnx cannot infer them.
    """
    values = ir.convenience.create_value_mapping(model.graph, include_subgraphs=False)
    missing = [value for value in outputs if value not in values]
    if missing:
        raise ExportError(f"{name}: cut: should be values of the joint graph. Found {', '.join(missing)}.")
    # Not the pass that removes unused nodes: what the body of a removed `Scan` (`Loop`, `If`) used would count as used.
    graph = ir.convenience.extract(model.graph, list(model.graph.inputs), [values[value] for value in outputs])
    found = ir.Model(graph, ir_version=IR_VERSION, producer_name="mtl")
    _name_outputs(graph, list(outputs.values()))
    _remove_copies(graph)
    simplify(graph)
    passes.RemoveUnusedNodesPass()(found)
    passes.CommonSubexpressionEliminationPass()(found)
    passes.RemoveUnusedNodesPass()(found)
    passes.RemoveUnusedOpsetsPass()(found)
    for given in list(graph.inputs):
        if not given.uses() and not given.is_graph_output():
            graph.inputs.remove(given)
    graph.name = name
    forget_sizes(graph)
    _settle_names(found, list(outputs.values()))
    found.metadata_props.update(metadata)
    return found


def graph_bytes(model: ir.Model) -> bytes:
    """Return a graph as the bytes of its file.

    No initializer is described a second time: tools that replace one would leave a description that is wrong.
    """
    proto = ir.serde.serialize_model(model)
    kept = [note for note in proto.graph.value_info if note.name not in model.graph.initializers]
    del proto.graph.value_info[:]
    proto.graph.value_info.extend(kept)
    return bytes(proto.SerializeToString())


def _name_outputs(graph: ir.Graph, names: list[str]) -> None:
    """Let values go by the names of outputs; one that is an input or goes out twice gets a copy."""
    values = list(graph.outputs)
    graph.outputs.clear()
    for value, name in zip(values, names, strict=True):
        if value.producer() is None or value in graph.outputs:
            copy = ir.node("Identity", [value])
            graph.append(copy)
            copied = copy.outputs[0]
            copied.type, copied.shape, value = value.type, value.shape, copied
        value.name = name
        graph.outputs.append(value)


def _settle_names(model: ir.Model, answers: list[str]) -> None:
    """Rename values inside the graph that have an output's name; raises `ExportError` for inputs."""
    passes.NameFixPass()(model)
    graph = model.graph
    for value, name in zip(graph.outputs, answers, strict=True):
        if value.name != name:
            raise ExportError(f"{graph.name}: cut: the answer '{name}' should have another name. Found an input of it.")


def _remove_copies(graph: ir.Graph) -> None:
    """Remove `Identity` nodes, but those in the bodies of `Scan`, `Loop` and `If`: no value may leave a body twice."""
    for node in list(graph):
        source = node.inputs[0] if node.op_type == "Identity" else None
        if source is not None and node.outputs[0] not in graph.outputs:
            ir.convenience.replace_all_uses_with(node.outputs[0], source)
            graph.remove(node, safe=True)


def forget_sizes(graph: ir.Graph) -> None:
    """Forget all sizes but those of inputs and outputs, and the types that onnx infers itself."""
    kept = {*graph.inputs, *graph.outputs}
    for node in ir.traversal.RecursiveGraphIterator(graph):
        node.metadata_props.clear()
        node.doc_string = None
        for value in node.outputs:
            value.metadata_props.clear()
            if value not in kept:
                value.shape = None
                if node.domain in INFERRED:
                    value.type = None
