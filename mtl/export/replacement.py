"""Characters of words replaced by other strings, inside the graph, exactly and on every platform alike."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

import numpy as np
import onnx_ir as ir
from onnx_ir.tape import Tape

from ..text.token_values import INT64, STRING, integers, label_encoder, strings, tokenizer, typed
from .branches import body

LAST = np.iinfo(np.int64).max


def replaced(tape: Tape, words: ir.Value, by: dict[str, str]) -> ir.Value:
    """Return words (string [N]) with some characters replaced; a word of which nothing would be left stays as it is.

    Words are cut into such characters and what lies between them.
    """
    members = character_class(by)

    def change(before: ir.Value) -> ir.Value:
        pieces = tokenizer(tape, before, tokenexp=f"[{members}]|[^{members}]+")
        joined = tape.op("Reshape", [joined_rows(tape, mapped(tape, pieces, by)), integers(tape, [-1])])
        empty = tape.op("Equal", [joined, strings(tape, [""])])
        return typed(tape.op("Where", [empty, before, joined]), STRING, 1)

    return where_found(tape, words, by, change)


def where_found(
    tape: Tape, words: ir.Value, characters: Collection[str], change: Callable[[ir.Value], ir.Value]
) -> ir.Value:
    """Return words (string [N]), those changed that have any of some characters; `change` gets at least one."""
    # One more word that has one of them: no tensor on the way is empty.
    longer = tape.op("Concat", [words, strings(tape, [next(iter(characters))])], {"axis": 0})
    found = tape.op("RegexFullMatch", [longer], {"pattern": f"(?s).*[{character_class(characters)}].*"})
    places = tape.op("Reshape", [tape.op("NonZero", [found]), integers(tape, [-1])])
    after = change(typed(tape.op("Gather", [longer, places]), STRING, 1))
    all_words = tape.op("ScatterElements", [longer, places, after])
    return typed(tape.op("Slice", [all_words, integers(tape, [0]), integers(tape, [-1])]), STRING, 1)


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


def character_class(characters: Iterable[str]) -> str:
    """Return what RE2 has between brackets for some characters.

    >>> character_class("cba1")
    '\\\\x{31}-\\\\x{31}\\\\x{61}-\\\\x{63}'
    """
    runs: list[list[int]] = []
    for code in sorted(map(ord, characters)):
        if runs and runs[-1][1] == code - 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return "".join(rf"\x{{{first:X}}}-\x{{{last:X}}}" for first, last in runs)


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
