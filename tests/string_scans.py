"""What a loop of a graph puts side by side: never strings, which corrupt memory in onnxruntime before 1.28."""

from __future__ import annotations

from collections.abc import Iterator

import onnx


def string_scans(model: onnx.ModelProto) -> list[str]:
    """Return the scan outputs of every `Loop` and `Scan` that are strings or of a type that cannot be inferred."""
    inferred = onnx.shape_inference.infer_shapes(model)
    return [
        value.name
        for node, body in _bodies(inferred.graph)
        for value in _scan_outputs(node, body)
        if value.type.tensor_type.elem_type in (onnx.TensorProto.UNDEFINED, onnx.TensorProto.STRING)
    ]


def loops(model: onnx.ModelProto) -> int:
    """Return how many loops a graph has, those inside others with them."""
    return sum(node.op_type in ("Loop", "Scan") for node, _ in _bodies(model.graph))


def _bodies(graph: onnx.GraphProto) -> Iterator[tuple[onnx.NodeProto, onnx.GraphProto]]:
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                yield node, attribute.g
                yield from _bodies(attribute.g)


def _scan_outputs(node: onnx.NodeProto, body: onnx.GraphProto) -> list[onnx.ValueInfoProto]:
    if node.op_type == "Loop":  # a count, a condition and the states go in; a condition and the states come out first
        return list(body.output[len(node.input) - 1 :])
    if node.op_type == "Scan":
        (scanned,) = (attribute.i for attribute in node.attribute if attribute.name == "num_scan_inputs")
        return list(body.output[len(node.input) - scanned :])
    return []
