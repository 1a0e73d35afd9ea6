"""The same values from fewer or faster nodes: for one short sentence, a node costs about 1 µs whatever it does.

What onnxruntime and onnxscript simplify themselves is left to them. Every rewrite keeps all finite values exactly.
"""

from __future__ import annotations

import numpy as np
import onnx_ir as ir


def simplify(graph: ir.Graph) -> None:
    """Apply all rewrites; needs the sizes that torch noted."""
    merge_transposes(graph)
    masks_as_sums(graph)
    look_up_first(graph)


def merge_transposes(graph: ir.Graph) -> None:
    """Let stacked `LSTM` nodes hand their states over in their own layout, [T, B, …], without two `Transpose`s.

    What an exported LSTM layer ends in is Transpose [T, N, B, H] -> [B, T, N, H], Reshape to [0, 0, -1]: [B, T, N*H].
    The next one begins with Transpose -> [T, B, N*H]. It gets Transpose -> [T, B, N, H] and the same Reshape instead.
    """
    for node in list(graph):
        if node.op_type != "Transpose" or _perm(node) != [1, 0, 2]:
            continue
        reshape = _producer(node, "Reshape")
        states = _producer(reshape, "Transpose") if reshape is not None else None
        if reshape is None or states is None or _perm(states) != [2, 0, 1, 3] or not _joins_last_two(reshape):
            continue
        steps_first = ir.node("Transpose", [states.inputs[0]], {"perm": [0, 2, 1, 3]})
        flat = ir.node("Reshape", [steps_first.outputs[0], reshape.inputs[1]])
        _replace(graph, node, [steps_first, flat])


def masks_as_sums(graph: ir.Graph) -> None:
    """Fill with minus infinity by adding it: a `Where` that repeats its condition is slow in onnxruntime.

    `Where(condition, -inf, x)`, with a condition smaller than x, becomes `x + Where(condition, -inf, 0)`.
    """
    for node in list(graph):
        if node.op_type != "Where":
            continue
        condition, filling, values = node.inputs
        constant = ir.convenience.get_const_tensor(filling) if filling is not None else None
        if constant is None or constant.size != 1 or constant.dtype != ir.DataType.FLOAT:
            continue
        if not np.isneginf(constant.numpy()).all() or condition is None or values is None:
            continue
        if condition.shape is None or values.shape is None or condition.shape == values.shape:
            continue
        zero = _constant(np.zeros(1, np.float32))
        mask = ir.node("Where", [condition, filling, zero.outputs[0]])
        added = ir.node("Add", [values, mask.outputs[0]])
        _replace(graph, node, [zero, mask, added])


def look_up_first(graph: ir.Graph) -> None:
    """Let `LabelEncoder` look strings up before they are cut and reshaped: moving integers is cheaper than strings."""
    for node in list(graph):
        while node.op_type == "LabelEncoder":
            moving = _producer(node, "Reshape") or _producer(node, "Slice")
            if (
                moving is None
                or len(moving.inputs) > 3
                or len(moving.outputs[0].uses()) != 1
                or moving.outputs[0].is_graph_output()
            ):
                break
            encoded = ir.node("LabelEncoder", [moving.inputs[0]], dict(node.attributes), domain=node.domain)
            moved = ir.node(moving.op_type, [encoded.outputs[0], *moving.inputs[1:]], dict(moving.attributes))
            encoded.outputs[0].type = node.outputs[0].type
            _replace(graph, node, [encoded, moved])
            graph.remove(moving, safe=True)
            node = encoded


def _constant(array: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> ir.Node:
    return ir.node("Constant", [], {"value": ir.tensor(array)})


def _replace(graph: ir.Graph, node: ir.Node, by: list[ir.Node]) -> None:
    """Put nodes in the place of one; the last one's output takes over its name and its uses."""
    old, new = node.outputs[0], by[-1].outputs[0]
    for number, added in enumerate(by[:-1]):
        added.outputs[0].name = f"{old.name}.{number}"
    graph.insert_before(node, by)
    new.type, new.shape = old.type, old.shape
    ir.convenience.replace_all_uses_with(old, new, replace_graph_outputs=True)
    graph.remove(node, safe=True)
    new.name = old.name


def _perm(node: ir.Node) -> list[int]:
    attribute = node.attributes.get("perm")
    return list(attribute.as_ints()) if attribute is not None else []


def _joins_last_two(reshape: ir.Node) -> bool:
    """Say whether a `Reshape` keeps the first two sizes, whatever they are, and joins all others."""
    sizes = reshape.inputs[1]
    constant = ir.convenience.get_const_tensor(sizes) if sizes is not None else None
    allows_zero = reshape.attributes.get("allowzero")
    if constant is None or (allows_zero is not None and allows_zero.as_int()):
        return False
    return bool(constant.numpy().tolist() == [0, 0, -1])


def _producer(node: ir.Node, op_type: str) -> ir.Node | None:
    value = node.inputs[0]
    producer = value.producer() if value is not None else None
    return producer if producer is not None and producer.op_type == op_type else None
