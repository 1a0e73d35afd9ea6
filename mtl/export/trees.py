"""Trees in brackets inside the graph: from the actions that build them and the words of a text."""

from __future__ import annotations

from collections.abc import Sequence

import onnx_ir as ir
from onnx_ir.tape import Tape

from ..text.token_values import INT64, STRING, integers, scalar, strings, typed
from ..text.transitions import SHIFT
from .replacement import joined_rows, replaced

_ESCAPES = {character: f"\\{character}" for character in "[]\\"}


def bracketed(tape: Tape, actions: ir.Value, tokens: ir.Value, names: Sequence[str]) -> ir.Value:
    """Return trees as `mtl.text.trees.written` writes them, string [B].

    `actions` int64 [B, S] are ids of `names`, -1 after the last one; `tokens` string [B, T] are the words. Each action
    is an item: a word, a bracket, or nothing; all but the first have a blank before them, and rows are joined.
    """
    shifts = tape.op("Cast", [tape.op("Equal", [actions, scalar(tape, list(names).index(SHIFT))])], {"to": INT64.value})
    counted = tape.op("CumSum", [shifts, scalar(tape, 1)])
    places = tape.op("Max", [tape.op("Sub", [counted, scalar(tape, 1)]), scalar(tape, 0)])
    word = tape.op("GatherElements", [_wide(tape, _escaped(tape, tokens)), places], {"axis": 1})
    label = _items(tape, actions, [f" {name}" for name in names])
    blank = tape.op("StringConcat", [strings(tape, [" "]), word])
    shifted = tape.op("Cast", [shifts], {"to": ir.DataType.BOOL.value})
    items = typed(tape.op("Where", [shifted, blank, label]), STRING, 2)
    # Of a row without actions nothing is left; of others, the first item is a bracket, which needs no blank.
    first = tape.op("Slice", [actions, integers(tape, [0]), integers(tape, [1]), integers(tape, [1])])
    rest = tape.op("Slice", [items, integers(tape, [1]), integers(tape, [2**31 - 1]), integers(tape, [1])])
    pieces = typed(tape.op("Concat", [_items(tape, first, list(names)), rest], {"axis": 1}), STRING, 2)
    return typed(tape.op("Reshape", [joined_rows(tape, pieces), integers(tape, [-1])]), STRING, 1)


def several_bracketed(tape: Tape, actions: ir.Value, tokens: ir.Value, names: Sequence[str]) -> ir.Value:
    """Return N trees a text, string [B, N], for actions [B, N, S] over the same words, as `bracketed` does."""
    texts, number, steps = (tape.op("Shape", [actions], {"start": axis, "end": axis + 1}) for axis in range(3))
    trees, words = tape.op("Mul", [texts, number]), tape.op("Shape", [tokens], {"start": 1, "end": 2})
    repeated = tape.op("Concat", [texts, number, words], {"axis": 0})
    expanded = tape.op("Expand", [tape.op("Unsqueeze", [tokens, integers(tape, [1])]), repeated])
    tree, own = (
        tape.op("Reshape", [value, tape.op("Concat", [trees, size], {"axis": 0})], {"allowzero": 1})
        for value, size in ((actions, steps), (typed(expanded, STRING, 3), words))
    )
    found = bracketed(tape, typed(tree, INT64, 2), typed(own, STRING, 2), names)
    shape = tape.op("Concat", [texts, number], {"axis": 0})
    return typed(tape.op("Reshape", [found, shape], {"allowzero": 1}), STRING, 2)


def _items(tape: Tape, actions: ir.Value, items: Sequence[str]) -> ir.Value:
    """Return the string that each action is, `""` for -1."""
    attributes: dict[str, str | list[int] | list[str]] = {
        "keys_int64s": list(range(len(items))),
        "values_strings": list(items),
        "default_string": "",
    }
    return typed(tape.op("LabelEncoder", [actions], attributes, domain="ai.onnx.ml"), STRING, 2)


def _escaped(tape: Tape, tokens: ir.Value) -> ir.Value:
    """Return tokens [B, T] with a backslash before their brackets and backslashes."""
    flat = typed(tape.op("Reshape", [tokens, integers(tape, [-1])]), STRING, 1)
    return tape.op("Reshape", [replaced(tape, flat, _ESCAPES), tape.op("Shape", [tokens])])


def _wide(tape: Tape, words: ir.Value) -> ir.Value:
    """Return words [B, T] as [B, T + 1]: there is always one to gather."""
    rows = tape.op("Shape", [words], {"start": 0, "end": 1})
    column = tape.op("Expand", [strings(tape, [""]), tape.op("Concat", [rows, integers(tape, [1])], {"axis": 0})])
    return typed(tape.op("Concat", [words, column], {"axis": 1}), STRING, 2)
