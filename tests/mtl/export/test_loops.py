"""Bodies of loops: what stays the same leaves them, the rest computes what it did."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir
import onnxruntime
import pytest
from onnx_ir.tape import Tape

from mtl.export.cut import graph_bytes
from mtl.export.loops import lighten

FLOAT, INT64, BOOL = ir.DataType.FLOAT, ir.DataType.INT64, ir.DataType.BOOL


def number(tape: Tape, value: float | bool | int, dtype: type[np.generic]) -> ir.Value:
    return tape.op("Constant", [], {"value": ir.tensor(np.array(value, dtype))})


def looping(steps: int, *, scan: bool = False) -> tuple[ir.Model, ir.Graph]:
    """Return a graph that adds `across`, `weight` multiplied by itself and its row of maxima to `x`, and its body."""
    x, across = (ir.val(name, dtype=FLOAT, shape=(2, 2)) for name in ("x", "across"))
    weight = ir.Value(name="weight", type=ir.TensorType(FLOAT), shape=ir.Shape([2, 2]))
    weight.const_value = ir.tensor(np.array([[1, 2], [3, 4]], np.float32), name="weight")
    before, inside = Tape(), Tape()
    carried = ir.val("carried", dtype=FLOAT, shape=(2, 2))
    turned = inside.op("Transpose", [across], {"perm": [1, 0]})
    once = inside.op("MatMul", [carried, turned])
    square = inside.op("MatMul", [weight, inside.op("Transpose", [weight], {"perm": [1, 0]})])
    largest = inside.op("ReduceMax", [square], {"keepdims": 1})
    twice = [inside.op("Sigmoid", [carried]) for _ in range(2)]
    total = inside.op("Sum", [once, square, largest, *twice])
    if scan:
        row = ir.val("row", dtype=FLOAT, shape=())
        body_inputs, body_outputs = [carried, row], [total]
    else:
        body_inputs = [ir.val("step", dtype=INT64, shape=()), ir.val("going", dtype=BOOL, shape=()), carried]
        body_outputs = [inside.op("Identity", [body_inputs[1]]), total]
    for place, node in enumerate(inside.nodes):
        node.outputs[0].name = f"inside.{place}"
    body = ir.Graph(body_inputs, body_outputs, nodes=inside.nodes, name="body")
    if scan:
        rows = before.op("Constant", [], {"value": ir.tensor(np.zeros(steps, np.float32))})
        found = before.op("Scan", [x, rows], {"body": body, "num_scan_inputs": 1})
    else:
        given = [number(before, steps, np.int64), number(before, True, np.bool_), x]
        found = before.op("Loop", given, {"body": body})
    for place, node in enumerate(before.nodes):
        node.outputs[0].name = f"value.{place}"
    found.type, found.shape = ir.TensorType(FLOAT), ir.Shape([2, 2])
    graph = ir.Graph([x, across], [found], nodes=before.nodes, initializers=[weight], name="g", opset_imports={"": 20})
    return ir.Model(graph, ir_version=10), body


def answer(model: ir.Model) -> np.ndarray:
    session = onnxruntime.InferenceSession(graph_bytes(model), providers=["CPUExecutionProvider"])
    given = {"x": np.eye(2, dtype=np.float32), "across": np.array([[0.1, 0.2], [0.3, -0.4]], np.float32)}
    (found,) = session.run(None, given)
    return np.asarray(found)


@pytest.mark.parametrize(("steps", "scan"), [(0, False), (1, False), (3, False), (1, True), (3, True)])
def test_what_stays_the_same_is_computed_before_the_loop(steps: int, scan: bool) -> None:
    model, body = looping(steps, scan=scan)
    wanted = answer(model)
    lighten(model.graph)
    # The weight's product is outside. A matrix that is multiplied by is turned where it is read; of two alike, one is.
    kinds = [node.op_type for node in body if node.op_type != "Identity"]
    assert kinds == ["Transpose", "MatMul", "Sigmoid", "Sum"]
    outside = [node.op_type for node in model.graph]
    assert outside[-4:-1] == ["Transpose", "MatMul", "ReduceMax"]
    names = [value.name for node in ir.traversal.RecursiveGraphIterator(model.graph) for value in node.outputs]
    assert len({*names[: len(list(model.graph))]}) == len(list(model.graph))
    assert np.array_equal(answer(model), wanted)
