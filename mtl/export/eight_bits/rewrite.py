"""One graph: products, LSTMs and tables of vectors with weights of eight bits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import onnx_ir as ir
import onnx_ir.passes.common as passes

from .uses import LSTM_WEIGHTS, Weight, WeightUse, uses

MICROSOFT = "com.microsoft"  # the operators that a stock onnxruntime adds to ONNX


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
    for use in list(uses(model)):
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
        self._turns: dict[str, ir.Value] = {}

    def product(self, use: WeightUse) -> None:
        """Let a product be one of integers, times the scales of its rows and of its weight's columns."""
        node, form = use.node, "rows" if use.transposed else "columns"
        values, scales = self._of(use.weight, form)
        if use.transposed:
            values, scales = self._turned(values), self._turned(scales)
        activations = ir.node("DynamicQuantizeLinear", [node.inputs[0]], num_outputs=3)
        integers, scale, zero = activations.outputs
        summed = ir.node("MatMulInteger", [integers, values, zero])
        floats = ir.node("Cast", [summed.outputs[0]], {"to": ir.DataType.FLOAT.value})
        both = ir.node("Mul", [scale, scales])
        found = [activations, summed, floats, both, ir.node("Mul", [floats.outputs[0], both.outputs[0]])]
        if len(node.inputs) > 2 and node.inputs[2] is not None:
            found.append(ir.node("Add", [found[-1].outputs[0], node.inputs[2]]))
        _replace(node, found)

    def table(self, use: WeightUse) -> None:
        """Take rows of integers and their scales."""
        node = use.node
        values, scales = self._of(use.weight, "rows")
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
        """Return the transpose of an initializer: onnxruntime computes it once, as it loads the graph."""
        name = f"{value.name}.turned"
        if name not in self._turns:
            turn = ir.node("Transpose", [value], {"perm": [1, 0]})
            turn.outputs[0].name = name
            self.graph.insert_before(self.graph[0], turn)
            self._turns[name] = turn.outputs[0]
        return self._turns[name]

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
