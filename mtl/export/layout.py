"""Layout changes that cancel out: for one short sentence, a node that only moves data costs like one that computes."""

from __future__ import annotations

import onnx_ir as ir


def merge_transposes(graph: ir.Graph) -> None:
    """Let stacked `LSTM` nodes hand their states over in their own layout, [T, B, …], without two `Transpose`s.

    What `mtl::lstm` is translated into ends in Transpose [T, N, B, H] -> [B, T, N, H], Reshape -> [B, T, N*H]; the
    next one begins with Transpose -> [T, B, N*H]. In between stands Transpose -> [T, B, N, H], Reshape.
    """
    for node in list(graph):
        if node.op_type != "Transpose" or _perm(node) != [1, 0, 2]:
            continue
        reshape = _producer(node, "Reshape")
        states = _producer(reshape, "Transpose") if reshape is not None else None
        if reshape is None or states is None or _perm(states) != [2, 0, 1, 3]:
            continue
        steps_first = ir.node("Transpose", [states.inputs[0]], {"perm": [0, 2, 1, 3]})
        flat = ir.node("Reshape", [steps_first.outputs[0], reshape.inputs[1]])
        steps_first.outputs[0].name = f"{states.outputs[0].name}.steps_first"
        flat.outputs[0].name = f"{reshape.outputs[0].name}.steps_first"
        graph.insert_before(node, [steps_first, flat])
        ir.convenience.replace_all_uses_with(node.outputs[0], flat.outputs[0])
        graph.remove(node, safe=True)


def _perm(node: ir.Node) -> list[int]:
    attribute = node.attributes.get("perm")
    return list(attribute.as_ints()) if attribute is not None else []


def _producer(node: ir.Node, op_type: str) -> ir.Node | None:
    value = node.inputs[0]
    producer = value.producer() if value is not None else None
    return producer if producer is not None and producer.op_type == op_type else None
