"""NFKC of words inside the graph (Unicode Standard Annex 15), exactly, from the tables of the C++ featurizer.

Words are cut before every character that has no influence on those before it, so that what is composed is short
however long a word is. Characters are decomposed, marks sorted by their combining class, and neighbours composed, one
column of characters after another. Hangul syllables are not decomposed on the way: nothing but a final consonant
composes with one, as it would with the parts.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
import onnx_ir as ir
from onnx_ir.tape import Tape

from ..text.branches import body
from ..text.normalization import combining_classes, compatible, compositions
from ..text.token_values import INT64, STRING, character_class, integers, label_encoder, tokenizer, typed
from .replacement import LAST, joined_rows, mapped, where_found

BOOL = ir.DataType.BOOL
CLASSES = 256  # all combining classes are below


def nfkc(tape: Tape, words: ir.Value) -> ir.Value:
    """Return the NFKC of words, string [N]."""
    concerned = dict.fromkeys((*compatible(), *dependent()))  # all others stay, side by side
    members = character_class(dependent())

    def change(inside: Tape, some: ir.Value) -> ir.Value:
        table = tokenizer(inside, some, tokenexp=f"[^{members}][{members}]*|[{members}]+")
        flat = typed(inside.op("Reshape", [table, integers(inside, [-1])]), STRING, 1)
        changed = where_found(inside, flat, concerned, _recomposed)
        again = typed(inside.op("Reshape", [changed, inside.op("Shape", [table])]), STRING, 2)
        return _rows(inside, again)

    return where_found(tape, words, concerned, change)


@functools.cache
def dependent() -> frozenset[str]:
    """Return the characters that may change place or compose with what comes before them, and what begins with one.

    Before every other character a text can be cut: the NFKC of both parts is that of the whole.
    """
    first = {*combining_classes(), *(pair[1] for pair in compositions())}
    return frozenset({*first, *(c for c, text in compatible().items() if text[0] in first)})


def _rows(tape: Tape, table: ir.Value) -> ir.Value:
    """Return the strings of each row as one, [K, P] to [K]."""
    return typed(tape.op("Reshape", [joined_rows(tape, table), integers(tape, [-1])]), STRING, 1)


def _recomposed(tape: Tape, words: ir.Value) -> ir.Value:
    single = typed(tokenizer(tape, words, separators=[""]), STRING, 2)
    decomposed = _rows(tape, mapped(tape, single, compatible()))
    characters = tokenizer(tape, decomposed, separators=[""])
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


class _Step(NamedTuple):
    """Of every word, after a character: the last one that may compose, and the class of the last mark after it.

    `starter` is a character's number, 0 before there is one; `last` is -1 where there are no marks. `starts` says
    whether the character is the starter, `composes` whether it became a part of it.
    """

    starter: ir.Value
    last: ir.Value
    starts: ir.Value
    composes: ir.Value


@functools.cache
def _numbers() -> dict[str, int]:
    """Return numbers, from 1, of the characters that compositions are of and those that they make."""
    return {c: n for n, c in enumerate(dict.fromkeys("".join((*compositions(), *compositions().values()))), 1)}


def _composed(tape: Tape, characters: ir.Value, classes: ir.Value) -> ir.Value:
    """Return words (string [K]) of characters [K, C] in canonical order, each composed with what it may be.

    What goes round is numbers: in onnxruntime before 1.28, strings that a `Loop` puts side by side corrupt memory.
    """
    numbers = label_encoder(tape, characters, _numbers(), 0)
    rows = tape.op("Shape", [classes], {"start": 0, "end": 1})
    columns = tape.op("Squeeze", [tape.op("Shape", [classes], {"start": 1, "end": 2})])
    no_starter, no_mark = (typed(tape.op("Expand", [integers(tape, [n]), rows]), INT64, 1) for n in (0, -1))
    inside = Tape()
    step, going = ir.val("step", dtype=INT64, shape=()), ir.val("going", dtype=BOOL, shape=())
    starter, last = (ir.val(name, dtype=INT64, shape=(None,)) for name in ("starter", "last"))
    number, own = (typed(inside.op("Gather", [all_, step], {"axis": 1}), INT64, 1) for all_ in (numbers, classes))
    after = _step(inside, starter, last, number, own)
    more = typed(inside.op("Identity", [going]), BOOL, 0)
    seen = typed(inside.op("Identity", [after.starter]), INT64, 1)
    steps = body(inside, [step, going, starter, last], [more, *after[:2], seen, *after[2:]], "compose")
    start = [columns, None, no_starter, no_mark]
    _, _, starters, starts, composes = tape.op_multi_out("Loop", start, {"body": steps}, num_outputs=5)
    became = _in_place(tape, typed(starters, INT64, 2), typed(starts, BOOL, 2), typed(composes, BOOL, 2))
    made = _made(tape, typed(tape.op("Transpose", [became], {"perm": [1, 0]}), INT64, 2), characters)
    return _rows(tape, made)


def _in_place(tape: Tape, starters: ir.Value, starts: ir.Value, composes: ir.Value) -> ir.Value:
    """Return what each character (all [C, K]) became: a starter the number that it has at its run's end.

    It is 0 for a character that stays as it is, -1 for one that became a part of another.
    """
    size = tape.op("Shape", [starts])
    runs = tape.op("CumSum", [tape.op("Cast", [starts], {"to": INT64.value}), integers(tape, [0])])
    # Where the next one starts a run, and after the last one, a run ends.
    later = tape.op("Slice", [starts, integers(tape, [1]), integers(tape, [LAST]), integers(tape, [0])])
    width = tape.op("Concat", [integers(tape, [1]), tape.op("Shape", [starts], {"start": 1, "end": 2})], {"axis": 0})
    true = tape.op("Cast", [tape.op("Expand", [integers(tape, [1]), width])], {"to": BOOL.value})
    ends = tape.op("Concat", [later, true], {"axis": 0})
    # What is no end goes to place 0, which is no run's: runs count from 1.
    places = tape.op("Where", [ends, runs, integers(tape, [0])])
    spare = tape.op("Add", [size, integers(tape, [1, 0])])
    table = tape.op("Expand", [integers(tape, [0]), spare])
    final = tape.op("ScatterElements", [table, places, starters], {"axis": 0})
    chosen = tape.op("GatherElements", [final, runs], {"axis": 0})
    other = tape.op("Where", [composes, integers(tape, [-1]), integers(tape, [0])])
    return tape.op("Where", [starts, chosen, other])


def _made(tape: Tape, became: ir.Value, characters: ir.Value) -> ir.Value:
    """Return the strings of what characters [K, C] became, as `_in_place` says it."""
    attributes: dict[str, str | list[int] | list[str]] = {
        "keys_int64s": [-1, *_numbers().values()],
        "values_strings": ["", *_numbers()],
        "default_string": "",
    }
    new = tape.op("LabelEncoder", [became], attributes, domain="ai.onnx.ml")
    stays = tape.op("Equal", [became, integers(tape, [0])])
    return typed(tape.op("Where", [stays, characters, typed(new, STRING, 2)]), STRING, 2)


def _step(tape: Tape, starter: ir.Value, last: ir.Value, number: ir.Value, own: ir.Value) -> _Step:
    """Return the state after one more character of every word, of the combining class `own`."""
    size = len(_numbers()) + 1
    pairs = {size * _numbers()[pair[0]] + _numbers()[pair[1]]: _numbers()[to] for pair, to in compositions().items()}
    attributes: dict[str, int | list[int]] = {
        "keys_int64s": list(pairs),
        "values_int64s": list(pairs.values()),
        "default_int64": 0,
    }
    pair = tape.op("Add", [tape.op("Mul", [starter, integers(tape, [size])]), number])
    composed = typed(tape.op("LabelEncoder", [pair], attributes, domain="ai.onnx.ml"), INT64, 1)
    zero = integers(tape, [0])
    composes = tape.op("And", [tape.op("Greater", [composed, zero]), tape.op("Less", [last, own])])
    starts = tape.op("And", [tape.op("Equal", [own, zero]), tape.op("Not", [composes])])
    marked = tape.op("Where", [composes, last, own])
    return _Step(
        typed(tape.op("Where", [starts, number, tape.op("Where", [composes, composed, starter])]), INT64, 1),
        typed(tape.op("Where", [starts, integers(tape, [-1]), marked]), INT64, 1),
        typed(starts, BOOL, 1),
        typed(composes, BOOL, 1),
    )
