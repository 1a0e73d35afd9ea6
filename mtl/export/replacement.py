"""Characters of words replaced by other strings, inside the graph, exactly and on every platform alike."""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np
import onnx_ir as ir
from onnx_ir.tape import Tape

from ..text.branches import body
from ..text.token_values import INT64, STRING, character_class, integers, label_encoder, strings, tokenizer, typed

LAST = np.iinfo(np.int64).max
# Words are padded to the longest one of their group, all of fewer characters than a bound; above the last one (RE2
# counts no further) each is by itself. So a table has fewer than 32 places for every character.
BOUNDS = (32, 250, 1000)

Change = Callable[[Tape, ir.Value], ir.Value]  # of some words, string [K]


def replaced(tape: Tape, words: ir.Value, by: dict[str, str]) -> ir.Value:
    """Return words (string [N]) with some characters replaced; a word of which nothing would be left stays as it is.

    Words are cut into such characters and what lies between them.
    """
    members = character_class(by)

    def change(inside: Tape, before: ir.Value) -> ir.Value:
        pieces = tokenizer(inside, before, tokenexp=f"[{members}]|[^{members}]+")
        joined = inside.op("Reshape", [joined_rows(inside, mapped(inside, pieces, by)), integers(inside, [-1])])
        empty = inside.op("Equal", [joined, strings(inside, [""])])
        return typed(inside.op("Where", [empty, before, joined]), STRING, 1)

    return where_found(tape, words, by, change)


def where_found(tape: Tape, words: ir.Value, characters: Collection[str], change: Change) -> ir.Value:
    """Return words (string [N]), those changed that have any of some characters; `change` gets at least one at a time.

    It gets words of similar lengths: one endless word makes no table of all others as wide.
    """
    # One more word that has one of them: no tensor on the way is empty.
    longer = tape.op("Concat", [words, strings(tape, [next(iter(characters))])], {"axis": 0})
    found = tape.op("RegexFullMatch", [longer], {"pattern": f"(?s).*[{character_class(characters)}].*"})
    places = tape.op("Reshape", [tape.op("NonZero", [found]), integers(tape, [-1])])
    after = _in_groups(tape, typed(tape.op("Gather", [longer, places]), STRING, 1), change)
    all_words = tape.op("ScatterElements", [longer, places, after])
    return typed(tape.op("Slice", [all_words, integers(tape, [0]), integers(tape, [-1])]), STRING, 1)


def _in_groups(tape: Tape, words: ir.Value, change: Change) -> ir.Value:
    """Return words (string [K], K at least 1) as `change` leaves them, which gets one group after another."""
    group = _group(tape, words)
    (groups, *_) = tape.op_multi_out("Unique", [group], {"sorted": 1}, num_outputs=1)
    inside = Tape()
    step, going = ir.val("step", dtype=INT64, shape=()), ir.val("going", dtype=ir.DataType.BOOL, shape=())
    before = ir.val("words", dtype=STRING, shape=(None,))
    own = inside.op("NonZero", [inside.op("Equal", [group, inside.op("Gather", [groups, step])])])
    places = inside.op("Reshape", [own, integers(inside, [-1])])
    changed = change(inside, typed(inside.op("Gather", [before, places]), STRING, 1))
    after = typed(inside.op("ScatterElements", [before, places, changed]), STRING, 1)
    more = typed(inside.op("Identity", [going]), ir.DataType.BOOL, 0)
    each = body(inside, [step, going, before], [more, after], "words")
    count = tape.op("Squeeze", [tape.op("Shape", [groups])])
    return typed(tape.op("Loop", [count, None, words], {"body": each}), STRING, 1)


def _group(tape: Tape, words: ir.Value) -> ir.Value:
    """Return the group of each word, int64 [K]: how many of the bounds it reaches; of all of them, one of its own."""
    reached = [tape.op("RegexFullMatch", [words], {"pattern": f"(?s).{{{bound},}}"}) for bound in BOUNDS]
    below, middle, endless = (tape.op("Cast", [value], {"to": INT64.value}) for value in reached)
    numbers = tape.op("Mul", [tape.op("CumSum", [endless, integers(tape, [0])]), endless])
    return typed(tape.op("Add", [tape.op("Add", [below, middle]), numbers]), INT64, 1)


def mapped(tape: Tape, pieces: ir.Value, by: dict[str, str]) -> ir.Value:
    """Return strings [K, P], each as `by` says; what is not in it stays as it is."""
    found = label_encoder(tape, pieces, dict.fromkeys(by, 1), 0)
    new = encoded(tape, pieces, by)
    chosen = tape.op("Where", [tape.op("Cast", [found], {"to": int(ir.DataType.BOOL)}), new, pieces])
    return typed(chosen, STRING, 2)


def encoded(tape: Tape, keys: ir.Value, by: dict[str, str]) -> ir.Value:
    """Return what `by` says of strings, of the same shape; `""` where it says nothing."""
    attributes = {"keys_strings": list(by), "values_strings": list(by.values()), "default_string": ""}
    rank = None if keys.shape is None else len(keys.shape)
    return typed(tape.op("LabelEncoder", [keys], attributes, domain="ai.onnx.ml"), STRING, rank)


def joined_rows(tape: Tape, pieces: ir.Value) -> ir.Value:
    """Join the strings of each row, [K, P] to [K, 1]: neighbours are joined until there is one left."""
    inside = Tape()
    step, going = ir.val("step", dtype=INT64, shape=()), ir.val("going", dtype=ir.DataType.BOOL, shape=())
    before = ir.val("pieces", dtype=STRING, shape=(None, None))
    axis, two = integers(inside, [1]), integers(inside, [2])
    size = inside.op("Shape", [before])
    rows, columns = (inside.op("Slice", [size, integers(inside, [i]), integers(inside, [i + 1])]) for i in (0, 1))
    missing = inside.op("Concat", [rows, inside.op("Mod", [columns, two])], {"axis": 0})
    even = inside.op("Concat", [before, inside.op("Expand", [strings(inside, [""]), missing])], {"axis": 1})
    sides = [inside.op("Slice", [even, integers(inside, [i]), integers(inside, [LAST]), axis, two]) for i in (0, 1)]
    after = typed(inside.op("StringConcat", sides), STRING, 2)
    more = typed(_several(inside, after), ir.DataType.BOOL, 0)
    join = body(inside, [step, going, before], [more, after], "join")
    return typed(tape.op("Loop", [None, _several(tape, pieces), pieces], {"body": join}), STRING, 2)


def _several(tape: Tape, pieces: ir.Value) -> ir.Value:
    """Say whether there is more than one column."""
    columns = tape.op("Shape", [pieces], {"start": 1, "end": 2})
    return tape.op("Squeeze", [tape.op("Greater", [columns, integers(tape, [1])])])
