"""What is reached from some places by jumps, inside the graph: by 1, 2, 4, … of them at a time."""

from __future__ import annotations

import onnx_ir as ir
from onnx_ir.tape import Tape

from ..branches import body
from ..token_values import INT64, integers, scalar, typed

BOOL = ir.DataType.BOOL


def reached(tape: Tape, jumps: ir.Value, starts: ir.Value) -> ir.Value:
    """Return which places are reached, bool [P], for the place after each one (int64 [P], P for none) and the starts.

    `starts` (bool [P]) are reached, too. No place is reached from itself.
    """
    end = tape.op("Shape", [jumps])
    after = tape.op("Concat", [jumps, end], {"axis": 0})  # who is at the end stays there
    first = tape.op("Concat", [tape.op("Cast", [starts], {"to": INT64.value}), integers(tape, [0])], {"axis": 0})

    inside = Tape()
    step, going = ir.val("step", dtype=INT64, shape=()), ir.val("going", dtype=BOOL, shape=())
    jump, found = ir.val("jump", dtype=INT64, shape=(None,)), ir.val("found", dtype=INT64, shape=(None,))
    further = inside.op("ScatterElements", [found, jump, found], {"axis": 0, "reduction": "max"})
    twice = typed(inside.op("Gather", [jump, jump]), INT64, 1)
    outputs = [_before(inside, twice, end), twice, typed(further, INT64, 1)]
    each = body(inside, [step, going, jump, found], outputs, f"jumps.{len(tape.nodes)}")
    inputs = [None, _before(tape, after, end), after, first]
    _, every = tape.op_multi_out("Loop", inputs, {"body": each}, num_outputs=2)
    kept = tape.op("Slice", [every, integers(tape, [0]), integers(tape, [-1])])
    return typed(tape.op("Cast", [kept], {"to": BOOL.value}), BOOL, 1)


def _before(tape: Tape, places: ir.Value, end: ir.Value) -> ir.Value:
    """Say whether any place is before the end, bool []."""
    lowest = tape.op("ReduceMin", [places], {"keepdims": 0})
    return typed(tape.op("Less", [lowest, tape.op("Squeeze", [end])]), BOOL, 0)


def counted(tape: Tape, owners: ir.Value, count: ir.Value) -> ir.Value:
    """Return how many values each of some owners has, int64 [`count`]; `count` is int64 [1]."""
    none = tape.op("Expand", [scalar(tape, 0), count])
    one = tape.op("Expand", [scalar(tape, 1), tape.op("Shape", [owners])])
    return typed(tape.op("ScatterElements", [none, owners, one], {"axis": 0, "reduction": "add"}), INT64, 1)
