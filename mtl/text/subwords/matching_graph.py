"""The pieces that begin at each symbol, inside the graph: some symbols are matched at a time, as long as any match.

Dimensions: P symbols, W the longest match that was looked for, A symbols at which matches go on.
"""

from __future__ import annotations

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray
from onnx_ir.tape import Tape

from ..branches import body
from ..token_values import INT64, integers, scalar, typed
from .strides import UNKNOWN, Strides

BOOL = ir.DataType.BOOL


def matches(tape: Tape, symbols: ir.Value, strides: Strides) -> ir.Value:
    """Return the node that the symbols from each one (int64 [P], P at least 1) lead to, by their number, [P, W].

    0 is no node. W is at least 1.
    """
    reach = max(strides.first, strides.further)
    padded = tape.op("Pad", [symbols, integers(tape, [0, reach]), scalar(tape, UNKNOWN)])
    places = range_of(tape, symbols)
    found = _nodes(tape, _keys(tape, padded, places, strides, strides.first), strides.starts)
    if not len(strides.steps[0]):
        return found
    last = tape.op("Gather", [found, scalar(tape, -1)], {"axis": 1})
    alive = tape.op("Compress", [places, table(tape, strides.open, last)], {"axis": 0})

    inside = Tape()
    step, going = ir.val("step", dtype=INT64, shape=()), ir.val("going", dtype=BOOL, shape=())
    at, nodes = ir.val("at", dtype=INT64, shape=(None,)), ir.val("nodes", dtype=INT64, shape=(None,))
    before = ir.val("found", dtype=INT64, shape=(None, None))
    done = inside.op("Add", [inside.op("Mul", [step, scalar(inside, strides.further)]), scalar(inside, strides.first)])
    keys = _keys(inside, padded, inside.op("Add", [at, done]), strides, strides.further)
    base = inside.op("Mul", [nodes, scalar(inside, strides.radix**strides.further)])
    after = _nodes(
        inside, inside.op("Add", [keys, inside.op("Unsqueeze", [base, integers(inside, [1])])]), strides.steps
    )
    rows = inside.op("Shape", [before], {"start": 0, "end": 1})
    none = inside.op(
        "Expand",
        [scalar(inside, 0), inside.op("Concat", [rows, integers(inside, [strides.further])], {"axis": 0})],
    )
    block = inside.op("ScatterND", [none, inside.op("Unsqueeze", [at, integers(inside, [1])]), after])
    wider = typed(inside.op("Concat", [before, block], {"axis": 1}), INT64, 2)
    ends = inside.op("Gather", [after, scalar(inside, -1)], {"axis": 1})
    further = table(inside, strides.open, ends)
    still = typed(inside.op("Compress", [at, further], {"axis": 0}), INT64, 1)
    there = typed(inside.op("Compress", [ends, further], {"axis": 0}), INT64, 1)
    outputs = [_some(inside, still), still, there, wider]
    each = body(inside, [step, going, at, nodes, before], outputs, f"strides.{len(tape.nodes)}")
    states = [alive, tape.op("Gather", [last, alive]), found]
    *_, every = tape.op_multi_out("Loop", [None, _some(tape, alive), *states], {"body": each}, num_outputs=3)
    return typed(every, INT64, 2)


def _keys(tape: Tape, padded: ir.Value, places: ir.Value, strides: Strides, width: int) -> ir.Value:
    """Return the numbers that the first symbols from some places are, for every count of them up to a width."""
    beside = tape.op("Constant", [], {"value": ir.tensor(np.arange(width, dtype=np.int64))})
    windows = tape.op("Gather", [padded, tape.op("Add", [tape.op("Unsqueeze", [places, integers(tape, [1])]), beside])])
    return tape.op("MatMul", [windows, tape.op("Constant", [], {"value": ir.tensor(strides.weights(width))})])


def _nodes(tape: Tape, keys: ir.Value, numbers: tuple[NDArray[np.int64], NDArray[np.int64]]) -> ir.Value:
    attributes: dict[str, ir.TensorProtocol] = {
        "keys_tensor": ir.tensor(numbers[0]),
        "values_tensor": ir.tensor(numbers[1]),
        "default_tensor": ir.tensor(np.zeros(1, np.int64)),
    }
    return typed(tape.op("LabelEncoder", [keys], attributes, domain="ai.onnx.ml"), INT64, 2)


def table(tape: Tape, values: NDArray[np.generic], places: ir.Value) -> ir.Value:
    """Return what an array has at some places."""
    return tape.op("Gather", [tape.op("Constant", [], {"value": ir.tensor(values)}), places])


def range_of(tape: Tape, values: ir.Value) -> ir.Value:
    """Return the places of a vector, int64 [N]."""
    size = tape.op("Squeeze", [tape.op("Shape", [values])])
    return typed(tape.op("Range", [scalar(tape, 0), size, scalar(tape, 1)]), INT64, 1)


def _some(tape: Tape, values: ir.Value) -> ir.Value:
    """Say whether a vector has any values, bool []."""
    return typed(tape.op("Greater", [tape.op("Size", [values]), scalar(tape, 0)]), BOOL, 0)
