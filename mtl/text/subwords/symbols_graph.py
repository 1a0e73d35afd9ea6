"""Words as symbols, inside the graph.

Dimensions: M words, P symbols of all words, one after another.
"""

from __future__ import annotations

from typing import NamedTuple

import onnx_ir as ir
from onnx_ir.tape import Tape

from ..branches import body
from ..token_values import INT64, STRING, character_class, integers, label_encoder, scalar, strings, tokenizer, typed
from .alphabet import Alphabet

_WIDE = 32  # characters of a word; of a longer one as many at a time, or all others would be padded as far
_COUNTED = 250  # in two steps, as a table of few long words is as wide; RE2 is slow where more is counted


class Symbols(NamedTuple):
    """The symbols of words, int64 [P], and the number of the word of each, int64 [P]."""

    values: ir.Value
    owners: ir.Value

    def first(self, tape: Tape) -> ir.Value:
        """Return whether a symbol is the first one of its word, bool [P]."""
        before = tape.op("Concat", [integers(tape, [-1]), self.owners], {"axis": 0})
        shifted = tape.op("Slice", [before, integers(tape, [0]), integers(tape, [-1])])
        return typed(tape.op("Not", [tape.op("Equal", [shifted, self.owners])]), ir.DataType.BOOL, 1)


def symbols(tape: Tape, words: ir.Value, alphabet: Alphabet) -> Symbols:
    """Return the symbols of words (string [M], at least one, each with a normal form)."""
    if alphabet.mark:
        marked = tape.op("RegexFullMatch", [words], {"pattern": f"(?s)[{character_class(alphabet.marks)}].*"})
        longer = tape.op("StringConcat", [strings(tape, [alphabet.mark]), words])
        words = typed(tape.op("Where", [marked, words, longer]), STRING, 1)
    parts, owners = _parts(tape, words, alphabet.removed)
    numbers, table = alphabet.table()
    letters = tokenizer(tape, parts, separators=[""])
    rows = label_encoder(tape, letters, numbers, 1)
    found = tape.op("Gather", [tape.op("Constant", [], {"value": ir.tensor(table)}), rows])
    shape = tape.op("Concat", [tape.op("Shape", [owners]), integers(tape, [-1])], {"axis": 0})
    grid = typed(tape.op("Reshape", [found, shape]), INT64, 2)
    there = tape.op("NonZero", [grid])
    row = tape.op("Reshape", [tape.op("Slice", [there, *_first(tape)]), integers(tape, [-1])])
    values = tape.op("GatherND", [grid, tape.op("Transpose", [there], {"perm": [1, 0]})])
    return Symbols(typed(values, INT64, 1), typed(tape.op("Gather", [owners, row]), INT64, 1))


def _first(tape: Tape) -> list[ir.Value]:
    return [integers(tape, [0]), integers(tape, [1])]


def _parts(tape: Tape, words: ir.Value, removed: str) -> tuple[ir.Value, ir.Value]:
    """Return words (string [M]) in parts that have no removed characters and are not wide, with their words' numbers.

    Most batches have neither.
    """
    within = f".*[{removed}].*|" if removed else ""
    odd = tape.op("RegexFullMatch", [words], {"pattern": f"(?s){within}.{{{_WIDE + 1},}}"})
    every = tape.op("Range", [scalar(tape, 0), tape.op("Squeeze", [tape.op("Shape", [words])]), scalar(tape, 1)])
    cut, whole = Tape(), Tape()
    parts, owners = words, every
    for expression in (f"(?s).{{1,{_COUNTED}}}", f"(?s).{{1,{_WIDE}}}", *([f"[^{removed}]+"] if removed else [])):
        parts, owners = _cut(cut, parts, owners, expression)
    same = [typed(whole.op("Identity", [words]), STRING, 1), typed(whole.op("Identity", [every]), INT64, 1)]
    number = len(tape.nodes)  # another one for each input of a graph
    branches = {
        "then_branch": body(cut, [], [parts, owners], f"parts.{number}"),
        "else_branch": body(whole, [], same, f"words.{number}"),
    }
    any_odd = tape.op("ReduceMax", [odd], {"keepdims": 0})
    found, of = tape.op_multi_out("If", [any_odd], branches, num_outputs=2)
    return typed(found, STRING, 1), typed(of, INT64, 1)


def _cut(tape: Tape, texts: ir.Value, owners: ir.Value, expression: str) -> tuple[ir.Value, ir.Value]:
    """Return the matches of an expression in texts (string [K]), and for each the owner of its text."""
    grid = tokenizer(tape, texts, tokenexp=expression)
    flat = tape.op("Reshape", [grid, integers(tape, [-1])])
    there = tape.op("Not", [tape.op("Equal", [flat, strings(tape, [""])])])
    places = tape.op("Reshape", [tape.op("NonZero", [there]), integers(tape, [-1])])
    width = tape.op("Shape", [grid], {"start": 1, "end": 2})
    found = typed(tape.op("Gather", [flat, places]), STRING, 1)
    return found, typed(tape.op("Gather", [owners, tape.op("Div", [places, width])]), INT64, 1)
