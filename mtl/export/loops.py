"""What the bodies of loops compute anew at every step, though it stays the same, is computed once before the loop."""

from __future__ import annotations

from collections.abc import Iterator

import onnx_ir as ir
import onnx_ir.passes.common as passes

LOOPS = ("Loop", "Scan")


def lighten(graph: ir.Graph) -> None:
    """Take out of the bodies of all loops what does not depend on the step, and what is in them twice.

    What is taken out is computed even where a loop takes no step: no node of the graph may fail on what is outside.
    """
    for node in list(graph):
        for body in _bodies(node):
            lighten(body)
            _take_out(body, graph, node)
            # The pass leaves the bodies of a graph alone: each is handed in as a graph of its own.
            passes.CommonSubexpressionEliminationPass()(ir.Model(body, ir_version=10))


def _bodies(node: ir.Node) -> Iterator[ir.Graph]:
    if node.op_type in LOOPS:
        for attribute in node.attributes.values():
            if attribute.type is ir.AttributeType.GRAPH:
                yield attribute.as_graph()


def _take_out(body: ir.Graph, graph: ir.Graph, loop: ir.Node) -> None:
    """Move nodes that use nothing of a body before the loop, in their order: of one, the next may be such a node."""
    inside: set[ir.Value | None] = {*body.inputs, *(value for node in body for value in node.outputs)}
    for node in list(body):
        if inside & {*node.inputs} or _stays(node):
            continue
        inside.difference_update(node.outputs)
        body.remove(node)
        for value in node.outputs:
            value.name = f"{loop.outputs[0].name}/{value.name}"  # another value of the graph may have its name
        graph.insert_before(loop, node)


def _stays(node: ir.Node) -> bool:
    """Say whether a node is better left in a body: onnxruntime multiplies by a matrix that lies across as it lies."""
    if any(attribute.type is ir.AttributeType.GRAPH for attribute in node.attributes.values()):
        return True
    if any(value.is_graph_output() for value in node.outputs):
        return True
    given = node.inputs[0] if node.inputs else None
    constant = given is not None and given.is_initializer()
    uses = node.outputs[0].uses()
    return node.op_type == "Transpose" and not constant and all(use.node.op_type == "MatMul" for use in uses)
