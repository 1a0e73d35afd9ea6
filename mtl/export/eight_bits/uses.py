"""What the graphs of an export use their weights for, which says how each of them is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import onnx_ir as ir

Kind = Literal["product", "table", "recurrence"]

LEAST = 1024  # numbers of a weight: smaller ones cost more to convert than they save
INTEGERS = 100_000  # numbers of a weight from which integers are faster, though rows have to be converted
# Products of integers add up 8-bit activations times weights in pairs of 16 bits on processors without VNNI
# instructions, and what does not fit there is cut off. Weights of 7 bits always fit: no processor cuts anything off.
BITS: Mapping[Kind, int] = {"product": 7, "recurrence": 7, "table": 8}
LSTM_WEIGHTS = {1: "W", 2: "R"}  # of its inputs


class WeightUse(NamedTuple):
    """A node that uses a weight: as which of its inputs, the weight's name, and whether it is transposed on the way."""

    node: ir.Node
    kind: Kind
    weight: ir.Value
    transposed: bool


@dataclass
class Weight:
    """How a weight is kept: the axis along which numbers have one scale, and how many bits its integers have."""

    along: int
    bits: int


def uses(model: ir.Model) -> Iterator[WeightUse]:
    """Yield the nodes of a graph, also inside loops, whose weights can be of eight bits, once for each weight.

    These are products of a matrix (`MatMul`, `Gemm`), tables that rows are taken of (`Gather`) or that are multiplied
    whole (`MatMul`), and `LSTM`s. What has too few numbers to be worth it is left out.
    """
    for node in ir.traversal.RecursiveGraphIterator(model.graph):
        if node.domain not in ("", "ai.onnx"):
            continue
        if node.op_type == "MatMul":
            weight, transposed = _weight(node.inputs[0])
            if weight is not None and not transposed and _size(weight, 2):
                yield WeightUse(node, "table", weight, False)
        if node.op_type in ("MatMul", "Gemm"):
            weight, transposed = _weight(node.inputs[1])
            if weight is not None and _plain(node) and _size(weight, 2):
                yield WeightUse(node, "product", weight, transposed != bool(_integer(node, "transB")))
        elif node.op_type == "Gather" and not _integer(node, "axis"):
            weight, transposed = _weight(node.inputs[0])
            if weight is not None and not transposed and _size(weight, 2):
                yield WeightUse(node, "table", weight, False)
        elif node.op_type == "LSTM" and _ordinary(node):
            for number in LSTM_WEIGHTS:
                weight, transposed = _weight(node.inputs[number])
                if weight is not None and not transposed and _size(weight, 3):
                    yield WeightUse(node, "recurrence", weight, False)


def plan(models: Iterable[ir.Model]) -> dict[str, Weight]:
    """Say how the weights of all graphs are kept, by name: alike in all of them.

    A weight whose uses need scales along different axes stays as it is; so do all of an LSTM's if one of them does.
    """
    found: dict[str, Weight] = {}
    never: set[str] = set()
    for model in models:
        for use in uses(model):
            name, along = str(use.weight.name), _along(use)
            bits = 8 if use.kind == "product" and count(use.weight) < INTEGERS else BITS[use.kind]
            kept = found.setdefault(name, Weight(along, bits))
            kept.bits = min(kept.bits, bits)
            if kept.along != along:
                never.add(name)
        for node in ir.traversal.RecursiveGraphIterator(model.graph):
            if node.op_type == "LSTM":
                weights = [_weight(node.inputs[number])[0] for number in LSTM_WEIGHTS]
                names = {str(weight.name) for weight in weights if weight is not None}
                if len(names) < len(LSTM_WEIGHTS) or not names <= {*found} or names & never:
                    never |= names
    return {name: weight for name, weight in found.items() if name not in never}


def _along(use: WeightUse) -> int:
    """Return the axis along which numbers have one scale: what a sum runs over, or a row of a table."""
    if use.kind == "product":
        return 1 if use.transposed else 0
    return 1 if use.kind == "table" else 2


def _weight(value: ir.Value | None) -> tuple[ir.Value | None, bool]:
    """Return the weight that a value is, or is the transpose of."""
    if value is None:
        return None, False
    producer = value.producer()
    if producer is None:
        return (value if value.is_initializer() and isinstance(value.const_value, ir.ExternalTensor) else None), False
    if producer.op_type == "Transpose" and producer.inputs[0] is not None:
        perm = producer.attributes.get("perm")
        weight, transposed = _weight(producer.inputs[0])
        if weight is not None and (perm is None or list(perm.as_ints()) == [1, 0]) and len(weight.shape or ()) == 2:
            return weight, not transposed
    return None, False


def count(weight: ir.Value) -> int:
    """Return how many numbers a weight has."""
    return 0 if weight.const_value is None else weight.const_value.size


def _size(weight: ir.Value, rank: int) -> bool:
    tensor = weight.const_value
    return (
        tensor is not None and tensor.dtype == ir.DataType.FLOAT and tensor.size >= LEAST and len(tensor.shape) == rank
    )


def _plain(node: ir.Node) -> bool:
    """Say whether a `Gemm` is a product and a sum alone."""
    scaled = any(
        attribute is not None and attribute.as_float() != 1
        for attribute in (node.attributes.get("alpha"), node.attributes.get("beta"))
    )
    return not scaled and not _integer(node, "transA")


def _ordinary(node: ir.Node) -> bool:
    """Say whether an `LSTM` is one that onnxruntime has with weights of eight bits."""
    other = any(_integer(node, key) for key in ("input_forget", "layout")) or {"activations", "clip"} & {
        *node.attributes
    }
    return not other and all(value is None for value in node.inputs[7:])


def _integer(node: ir.Node, name: str) -> int:
    attribute = node.attributes.get(name)
    return 0 if attribute is None else int(attribute.as_int())
