"""One graph: products, LSTMs and tables of vectors with weights of eight bits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import onnx_ir as ir
import onnx_ir.passes.common as passes

from . import uses
from .uses import LSTM_WEIGHTS, Weight, WeightUse

MICROSOFT = "com.microsoft"  # the operators that a stock onnxruntime adds to ONNX

MIDDLE = 128  # the integer of a row's 0
LEAST = 1e-12  # the least scale of a row: one of zeros stays one


class Stored(NamedTuple):
    """Initializers of a weight of eight bits."""

    values: ir.Value
    scales: ir.Value


Store = Callable[[str, str], tuple[ir.TensorProtocol, ir.TensorProtocol]]


def rewrite(model: ir.Model, weights: Mapping[str, Weight], store: Store) -> None:
    """Replace the nodes that use these weights.

    `store(name, form)` gives the tensors of a weight, values and scales: in `rows` as it is, each with a scale, in
    `columns`, each with a scale, or as an `lstm` has it.
    """
    graph = model.graph
    changed = _Rewriter(graph, store)
    recurrent: dict[ir.Node, None] = {}
    for use in list(uses.uses(model)):
        if str(use.weight.name) not in weights:
            continue
        if use.kind == "product":
            changed.product(use)
        elif use.kind == "table":
            changed.table(use)
        else:
            recurrent[use.node] = None
    for node in recurrent:
        changed.lstm(node)
    model.opset_imports[MICROSOFT] = 1
    passes.RemoveUnusedNodesPass()(model)
    passes.RemoveUnusedOpsetsPass()(model)


class _Rewriter:
    """Replaces nodes of a graph; what a weight is kept as joins its initializers once."""

    def __init__(self, graph: ir.Graph, store: Store) -> None:
        self.graph, self._store = graph, store
        self._stored: dict[tuple[str, str], Stored] = {}
        self._made: dict[str, ir.Value] = {}

    def product(self, use: WeightUse) -> None:
        """Let a product be one of integers, times the scales of its rows and of its weight's columns.

        Each row of what is multiplied has a scale of its own, so that what else is in the batch changes nothing. Of a
        small weight floats are made, once, as onnxruntime loads the graph.
        """
        node, form = use.node, "rows" if use.transposed else "columns"
        values, scales = self._of(use.weight, form)
        if use.transposed:
            values, scales = self._turned(values), self._turned(scales)
        once = node.inputs[0] in self._made.values()  # what is multiplied is known as the graph is loaded
        if once or uses.count(use.weight) < uses.INTEGERS:
            found = [ir.node("MatMul", [node.inputs[0], self._floats(values, scales)])]
        else:
            found = self._rows(node.inputs[0])
            scale, integers = found[3], found[-1]
            summed = ir.node("MatMulInteger", [integers.outputs[0], values, self._constant("zero", MIDDLE, np.uint8)])
            floats = ir.node("Cast", [summed.outputs[0]], {"to": ir.DataType.FLOAT.value})
            # One after the other: a product of both scales onnxruntime takes for that of whole matrices, and fuses.
            scaled = ir.node("Mul", [floats.outputs[0], scale.outputs[0]])
            found += [summed, floats, scaled, ir.node("Mul", [scaled.outputs[0], scales])]
        if len(node.inputs) > 2 and node.inputs[2] is not None:
            found.append(ir.node("Add", [found[-1].outputs[0], node.inputs[2]]))
        _replace(node, found)

    def _rows(self, values: ir.Value | None) -> list[ir.Node]:
        """Return nodes that make integers of rows, from 1 to 255 with 128 for 0, by the fourth node's scales."""
        sizes = ir.node("Abs", [values])
        largest = ir.node("ReduceMax", [sizes.outputs[0], self._constant("last", [-1], np.int64)], {"keepdims": 1})
        bounded = ir.node("Max", [largest.outputs[0], self._constant("least", LEAST, np.float32)])
        scale = ir.node("Div", [bounded.outputs[0], self._constant("most", MIDDLE - 1, np.float32)])
        parts = ir.node("Div", [values, scale.outputs[0]])
        whole = ir.node("Round", [parts.outputs[0]])
        moved = ir.node("Add", [whole.outputs[0], self._constant("middle", MIDDLE, np.float32)])
        integers = ir.node("Cast", [moved.outputs[0]], {"to": ir.DataType.UINT8.value})
        return [sizes, largest, bounded, scale, parts, whole, moved, integers]

    def table(self, use: WeightUse) -> None:
        """Take rows of integers and their scales; of a table that is multiplied whole floats are made, once."""
        node = use.node
        values, scales = self._of(use.weight, "rows")
        if node.op_type == "MatMul":
            node.replace_input_with(0, self._floats(values, scales))
            return
        rows = ir.node("Gather", [values, node.inputs[1]])
        floats = ir.node("Cast", [rows.outputs[0]], {"to": ir.DataType.FLOAT.value})
        own = ir.node("Gather", [scales, node.inputs[1]])
        _replace(node, [rows, floats, own, ir.node("Mul", [floats.outputs[0], own.outputs[0]])])

    def lstm(self, node: ir.Node) -> None:
        """Let an `LSTM` have integers for what it multiplies with; it converts its inputs and states by itself."""
        inputs = [*node.inputs, *[None] * (8 - len(node.inputs))]
        more: list[ir.Value | None] = []
        for number in LSTM_WEIGHTS:
            weight = node.inputs[number]
            if weight is None:
                raise AssertionError("an LSTM has both of its weights")
            stored = self._of(weight, "lstm")
            inputs[number] = stored.values
            more += [stored.scales, self._zeros(stored.scales)]
        kept = {key: node.attributes[key] for key in ("direction", "hidden_size") if key in node.attributes}
        found = ir.node("DynamicQuantizeLSTM", [*inputs, *more], kept, domain=MICROSOFT, num_outputs=len(node.outputs))
        for value in found.outputs:
            value.type = ir.TensorType(ir.DataType.FLOAT)
        _replace(node, [found])

    def _constant(self, name: str, value: Any, dtype: type[np.generic]) -> ir.Value:
        """Return an initializer that all products share."""
        return self._initializer(ir.tensor(np.array(value, dtype), name=f"int8.{name}"))

    def _of(self, weight: ir.Value, form: str) -> Stored:
        name = str(weight.name)
        if (name, form) not in self._stored:
            tensors = self._store(name, form)
            self._stored[name, form] = Stored(*(self._initializer(tensor) for tensor in tensors))
        return self._stored[name, form]

    def _initializer(self, tensor: ir.TensorProtocol) -> ir.Value:
        known = self.graph.initializers.get(str(tensor.name))
        if known is None:
            known = ir.Value(
                name=tensor.name,
                type=ir.TensorType(tensor.dtype),
                shape=ir.Shape(tensor.numpy().shape),
                const_value=tensor,
            )
            self.graph.register_initializer(known)
        return known

    def _turned(self, value: ir.Value) -> ir.Value:
        """Return the transpose of an initializer."""
        return self._once(f"{value.name}.turned", lambda: [ir.node("Transpose", [value], {"perm": [1, 0]})])

    def _floats(self, values: ir.Value, scales: ir.Value) -> ir.Value:
        """Return the floats that integers and their scales are about."""

        def nodes() -> list[ir.Node]:
            floats = ir.node("Cast", [values], {"to": ir.DataType.FLOAT.value})
            return [floats, ir.node("Mul", [floats.outputs[0], scales])]

        return self._once(f"{values.name}.floats", nodes)

    def _once(self, name: str, nodes: Callable[[], list[ir.Node]]) -> ir.Value:
        """Return what nodes make of initializers: onnxruntime computes it once, as it loads the graph."""
        if name not in self._made:
            made = nodes()
            for number, node in enumerate(made, 1):
                node.outputs[0].name = name if node is made[-1] else f"{name}.{number}"
            of = made[0].inputs[0]
            before = None if of is None else of.producer()
            if before is None:
                self.graph.insert_before(self.graph[0], made)
            else:
                self.graph.insert_after(before, made)
            self._made[name] = made[-1].outputs[0]
        return self._made[name]

    def _zeros(self, scales: ir.Value) -> ir.Value:
        """Return zero points for these scales: the integers of weights are those of both signs alike."""
        name = f"{scales.name}.zero"
        tensor = scales.const_value
        if tensor is None:
            raise AssertionError("scales are an initializer")
        return self._initializer(ir.tensor(np.zeros(tensor.numpy().shape, np.int8), name=name))


def _replace(node: ir.Node, by: list[ir.Node]) -> None:
    """Put nodes in the place of one; the outputs of the last one take over its names and uses."""
    graph = node.graph
    if graph is None:
        raise AssertionError("a node that is replaced is in a graph")
    for number, added in enumerate(by[:-1]):
        for place, value in enumerate(added.outputs):
            value.name = f"{node.outputs[0].name}.int8.{number}.{place}"
    graph.insert_before(node, by)
    for old, new in zip(node.outputs, by[-1].outputs, strict=True):
        new.shape, new.type = old.shape, new.type or old.type
        ir.convenience.replace_all_uses_with(old, new, replace_graph_outputs=True)
    names = [value.name for value in node.outputs]
    graph.remove(node, safe=True)
    for name, new in zip(names, by[-1].outputs, strict=True):
        new.name = name
