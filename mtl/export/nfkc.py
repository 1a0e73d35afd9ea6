"""NFKC of words inside the graph (Unicode Standard Annex 15), exactly, from the tables of the C++ featurizer.

Characters are decomposed, marks sorted by their combining class, and neighbours composed, one column of characters
after another. Hangul syllables are not decomposed on the way: nothing but a final consonant composes with one, as it
would with the parts.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import onnx_ir as ir
from onnx_ir.tape import Tape

from ..text.normalization import combining_classes, compatible, compositions
from ..text.token_values import INT64, STRING, integers, label_encoder, strings, tokenizer, typed
from .branches import body
from .replacement import encoded, joined_rows, mapped, where_found

BOOL = ir.DataType.BOOL
CLASSES = 256  # all combining classes are below


def nfkc(tape: Tape, words: ir.Value) -> ir.Value:
    """Return the NFKC of words, string [N]."""
    followers = (pair[1] for pair in compositions())
    concerned = dict.fromkeys((*compatible(), *combining_classes(), *followers))  # all others stay, side by side
    return where_found(tape, words, concerned, lambda some: _recomposed(tape, some))


def _recomposed(tape: Tape, words: ir.Value) -> ir.Value:
    single = typed(tokenizer(tape, words, separators=[""]), STRING, 2)
    decomposed = tape.op("Reshape", [joined_rows(tape, mapped(tape, single, compatible())), integers(tape, [-1])])
    characters = tokenizer(tape, typed(decomposed, STRING, 1), separators=[""])
    classes = label_encoder(tape, characters, combining_classes(), 0)
    order = _canonical_order(tape, classes)
    ordered = typed(tape.op("GatherElements", [characters, order], {"axis": 1}), STRING, 2)
    ordered_classes = typed(tape.op("GatherElements", [classes, order], {"axis": 1}), INT64, 2)
    return _composed(tape, ordered, ordered_classes)


def _canonical_order(tape: Tape, classes: ir.Value) -> ir.Value:
    """Return places (int64 [K, C]) in which marks that follow one character are sorted by class, others as they were.

    Sorted are numbers that all differ: how many characters of class 0 there are up to a place, its class, the place.
    """
    columns = tape.op("Shape", [classes], {"start": 1, "end": 2})
    zero, one = (tape.op("Constant", [], {"value": ir.tensor(np.array(number))}) for number in (0, 1))
    places = tape.op("Range", [zero, tape.op("Squeeze", [columns]), one])
    starts = tape.op("Cast", [tape.op("Equal", [classes, integers(tape, [0])])], {"to": INT64.value})
    runs = tape.op("CumSum", [starts, one])
    ranked = tape.op("Add", [tape.op("Mul", [runs, integers(tape, [CLASSES])]), classes])
    numbers = tape.op("Add", [tape.op("Mul", [ranked, columns]), places])
    attributes = {"axis": 1, "largest": 0, "sorted": 1}
    _, order = tape.op_multi_out("TopK", [numbers, columns], attributes, num_outputs=2)
    return typed(order, INT64, 2)


class _State(NamedTuple):
    """Of every word: what is done, the character that may compose, marks after it, and the class of the last of them.

    `last` is -1 where there are no marks.
    """

    done: ir.Value
    starter: ir.Value
    marks: ir.Value
    last: ir.Value


def _composed(tape: Tape, characters: ir.Value, classes: ir.Value) -> ir.Value:
    """Return words (string [K]) of characters [K, C] in canonical order, each composed with what it may be."""
    rows = tape.op("Shape", [classes], {"start": 0, "end": 1})
    columns = tape.op("Squeeze", [tape.op("Shape", [classes], {"start": 1, "end": 2})])
    empty = typed(tape.op("Expand", [strings(tape, [""]), rows]), STRING, 1)
    nothing = typed(tape.op("Expand", [integers(tape, [-1]), rows]), INT64, 1)
    inside = Tape()
    step, going = ir.val("step", dtype=INT64, shape=()), ir.val("going", dtype=BOOL, shape=())
    before = _State(
        ir.val("done", dtype=STRING, shape=(None,)),
        ir.val("starter", dtype=STRING, shape=(None,)),
        ir.val("marks", dtype=STRING, shape=(None,)),
        ir.val("last", dtype=INT64, shape=(None,)),
    )
    character = typed(inside.op("Gather", [characters, step], {"axis": 1}), STRING, 1)
    own = typed(inside.op("Gather", [classes, step], {"axis": 1}), INT64, 1)
    after = _step(inside, before, character, own)
    more = typed(inside.op("Identity", [going]), BOOL, 0)
    steps = body(inside, [step, going, *before], [more, *after], "compose")
    start = [columns, None, empty, empty, empty, nothing]
    done, starter, marks, _ = tape.op_multi_out("Loop", start, {"body": steps}, num_outputs=4)
    return typed(tape.op("StringConcat", [tape.op("StringConcat", [done, starter]), marks]), STRING, 1)


def _step(tape: Tape, before: _State, character: ir.Value, own: ir.Value) -> _State:
    """Return the state after one more character of every word, of the combining class `own`."""
    pair = typed(tape.op("StringConcat", [before.starter, character]), STRING, 1)
    composed = encoded(tape, pair, compositions())
    known = tape.op("Not", [tape.op("Equal", [composed, strings(tape, [""])])])
    composes = tape.op("And", [known, tape.op("Less", [before.last, own])])
    starts = tape.op("And", [tape.op("Equal", [own, integers(tape, [0])]), tape.op("Not", [composes])])
    closed = tape.op("StringConcat", [tape.op("StringConcat", [before.done, before.starter]), before.marks])
    longer = tape.op("StringConcat", [before.marks, character])
    kept = tape.op("Where", [composes, before.marks, longer])
    return _State(
        typed(tape.op("Where", [starts, closed, before.done]), STRING, 1),
        typed(tape.op("Where", [starts, character, tape.op("Where", [composes, composed, before.starter])]), STRING, 1),
        typed(tape.op("Where", [starts, strings(tape, [""]), kept]), STRING, 1),
        typed(
            tape.op("Where", [starts, integers(tape, [-1]), tape.op("Where", [composes, before.last, own])]), INT64, 1
        ),
    )
