"""Ranks of what flows into the numeric graph: a `Scan` there runs only where shape inference finds those of its states.

Where inference finds none, as after an `If` around a `Loop`, a `Reshape` that changes nothing says it.
"""

from __future__ import annotations

from collections.abc import Mapping

import onnx
import onnx_ir as ir

from .cut import IR_VERSION, forget_sizes


def give_ranks(model: ir.Model, ranks: Mapping[str, int]) -> None:
    """Let shape inference find the ranks of some values, which are given by their names."""
    values = ir.convenience.create_value_mapping(model.graph, include_subgraphs=False)
    computed = {name: node for name in ranks if (node := values[name].producer()) is not None}  # inputs have ranks
    for name in _without_rank(model, {name: values[name] for name in computed}):
        value = values[name]
        sizes = ir.node("Constant", [], {"value_ints": [0] * ranks[name]})  # each as it is
        ranked = ir.node("Reshape", [value, sizes.outputs[0]])
        ranked.outputs[0].type, ranked.outputs[0].shape = value.type, ir.Shape([None] * ranks[name])
        sizes.outputs[0].name, ranked.outputs[0].name = f"{name}/sizes", f"{name}/ranked"
        ir.convenience.replace_all_uses_with(value, ranked.outputs[0])
        ranked.replace_input_with(0, value)
        model.graph.insert_after(computed[name], [sizes, ranked])


def _without_rank(model: ir.Model, values: Mapping[str, ir.Value]) -> list[str]:
    """Return the names of the values whose rank nothing but a note says, and notes are not in a graph's file."""
    graph = ir.convenience.extract(model.graph, list(model.graph.inputs), list(values.values()))
    forget_sizes(graph)
    for value in graph.outputs:
        value.shape = None
    for node in list(ir.traversal.RecursiveGraphIterator(graph)):
        if node.op_type == "Tokenizer" and node.graph is not None:
            _as_known_to_onnx(node, node.graph)
    inferred = onnx.shape_inference.infer_shapes(ir.to_proto(ir.Model(graph, ir_version=IR_VERSION)))
    found = dict(zip(values, inferred.graph.output, strict=True))
    return [name for name, value in found.items() if not value.type.tensor_type.HasField("shape")]


def _as_known_to_onnx(node: ir.Node, graph: ir.Graph) -> None:
    """Put an operator of ONNX's own in the place of a `Tokenizer`, which only onnxruntime knows to add an axis."""
    before = node.outputs[0]
    split = ir.node("StringSplit", [node.inputs[0]], num_outputs=2)
    for number, value in enumerate(split.outputs):
        value.name = f"{before.name}/split.{number}"
    graph.insert_after(node, split)
    ir.convenience.replace_all_uses_with(before, split.outputs[0], replace_graph_outputs=True)
    graph.remove(node)
