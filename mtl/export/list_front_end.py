"""From lists of strings to their texts one after another, and back to units, inside the graph."""

from __future__ import annotations

from typing import NamedTuple

import onnx_ir as ir
from onnx_ir.tape import Tape

from ..text.token_values import INT64, STRING, integers, strings, typed


class ListValues(NamedTuple):
    """The lists of a batch in the graph: at least one, of at least one text each.

    `texts` string [B*U]: all texts, one list after another, each padded with `""`; `rows` int64 [B, U]: their
    positions; `lengths` int64 [B], at least 1; `padding` bool [B, U]: where there is no text.
    """

    texts: ir.Value
    rows: ir.Value
    lengths: ir.Value
    padding: ir.Value


def list_front_end(tape: Tape, texts: ir.Value, lengths: ir.Value) -> ListValues:
    """Take texts (string [B, U]) of lists, `lengths` (int64 [B]) of them in each.

    What follows a list's length is ignored; a length above U counts as U. A list without texts becomes one of an empty
    text, a batch without lists one such list.
    """
    zero, one = integers(tape, [0]), integers(tape, [1])
    grid = at_least_one(tape, texts)
    shape = tape.op("Shape", [grid])
    rows, columns = (tape.op("Slice", [shape, integers(tape, [i]), integers(tape, [i + 1])]) for i in (0, 1))
    missing = tape.op("Sub", [rows, tape.op("Shape", [lengths])])
    every = tape.op("Concat", [lengths, tape.op("Expand", [zero, missing])], {"axis": 0})
    real = tape.op("Min", [every, columns])
    bounded = tape.op("Max", [real, one])
    scalar_zero, scalar_one = (tape.op("Squeeze", [value]) for value in (zero, one))
    positions = tape.op("Range", [scalar_zero, tape.op("Squeeze", [columns]), scalar_one])
    inside = tape.op("Less", [positions, tape.op("Unsqueeze", [real, one])])
    kept = typed(tape.op("Where", [inside, grid, strings(tape, [""])]), STRING, 2)
    flat = typed(tape.op("Reshape", [kept, integers(tape, [-1])]), STRING, 1)
    count = tape.op("Squeeze", [tape.op("Mul", [rows, columns])])
    numbers = tape.op("Range", [scalar_zero, count, scalar_one])
    grouped = typed(tape.op("Reshape", [numbers, shape]), INT64, 2)
    return ListValues(flat, grouped, typed(bounded, INT64, 1), tape.op("Not", [inside]))


def at_least_one(tape: Tape, grid: ir.Value) -> ir.Value:
    """Return a table of strings with at least one row and one column: `""` where there was none."""
    one = integers(tape, [1])
    given = tape.op("Shape", [grid])
    missing = tape.op("Sub", [tape.op("Max", [given, one]), given])
    rows, columns = (tape.op("Slice", [given, integers(tape, [i]), integers(tape, [i + 1])]) for i in (0, 1))
    new_rows, new_columns = (tape.op("Slice", [missing, integers(tape, [i]), integers(tape, [i + 1])]) for i in (0, 1))
    empty = strings(tape, [""])
    right = tape.op("Expand", [empty, tape.op("Concat", [rows, new_columns], {"axis": 0})])
    wider = tape.op("Concat", [grid, right], {"axis": 1})
    width = tape.op("Max", [columns, one])
    below = tape.op("Expand", [empty, tape.op("Concat", [new_rows, width], {"axis": 0})])
    return tape.op("Concat", [wider, below], {"axis": 0})
