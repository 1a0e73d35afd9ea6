"""Lower-casing of ASCII letters inside the graph, the same on every platform.

What `StringNormalizer` makes of letters beyond ASCII depends on the platform (in WebAssembly the locale "C" lower-cases
`É`, on Linux it does not), so it gets batches of ASCII alone. All others go a longer way, which is exact everywhere.
"""

from __future__ import annotations

import string

import numpy as np
import onnx_ir as ir
from onnx_ir.tape import Tape

from ..text.token_values import INT64, STRING, integers, label_encoder, strings, tokenizer, typed

LOWERED = dict(zip(string.ascii_uppercase, string.ascii_lowercase, strict=True))
LAST = np.iinfo(np.int64).max


def lower_cased(tape: Tape, words: ir.Value) -> ir.Value:
    """Return words (string [N], N at least 1) with their ASCII letters lower-cased."""
    ascii_alone = tape.op("RegexFullMatch", [words], {"pattern": r"[\x00-\x7F]*"})
    every = tape.op("ReduceMin", [ascii_alone], {"keepdims": 0})
    fast, slow = Tape(), Tape()
    # The default locale lower-cases ASCII too, but does not exist everywhere.
    quick = fast.op("StringNormalizer", [words], {"case_change_action": "LOWER", "locale": "C"})
    branches = {
        "then_branch": _body(fast, [], [typed(quick, STRING, 1)], "ascii"),
        "else_branch": _body(slow, [], [replaced(slow, words, LOWERED, "[A-Z]")], "lowercase"),
    }
    return typed(tape.op("If", [every], branches), STRING, 1)


def replaced(tape: Tape, words: ir.Value, by: dict[str, str], characters: str) -> ir.Value:
    """Return words (string [N]) with some characters replaced; `characters` is the RE2 class of them.

    Words without any of them stay as they are. The others are cut into such characters and what lies between them.
    """
    # One more word with such a character: no tensor on the way is empty.
    longer = tape.op("Concat", [words, strings(tape, [next(iter(by))])], {"axis": 0})
    concerned = tape.op("RegexFullMatch", [longer], {"pattern": f"(?s).*{characters}.*"})
    places = tape.op("Reshape", [tape.op("NonZero", [concerned]), integers(tape, [-1])])
    others = f"[^{characters[1:]}"
    pieces = tokenizer(tape, tape.op("Gather", [longer, places]), tokenexp=f"{characters}|{others}+")
    found = label_encoder(tape, pieces, dict.fromkeys(by, 1), 0)
    attributes = {"keys_strings": list(by), "values_strings": list(by.values()), "default_string": ""}
    new = tape.op("LabelEncoder", [pieces], attributes, domain="ai.onnx.ml")
    chosen = tape.op("Where", [tape.op("Cast", [found], {"to": int(ir.DataType.BOOL)}), new, pieces])
    joined = tape.op("Reshape", [_joined(tape, typed(chosen, STRING, 2)), integers(tape, [-1])])
    all_words = tape.op("ScatterElements", [longer, places, joined])
    return typed(tape.op("Slice", [all_words, integers(tape, [0]), integers(tape, [-1])]), STRING, 1)


def _joined(tape: Tape, pieces: ir.Value) -> ir.Value:
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
    body = _body(inside, [step, going, before], [more, after], "join")
    return typed(tape.op("Loop", [None, _several(tape, pieces), pieces], {"body": body}), STRING, 2)


def _several(tape: Tape, pieces: ir.Value) -> ir.Value:
    """Say whether there is more than one column."""
    columns = tape.op("Shape", [pieces], {"start": 1, "end": 2})
    return tape.op("Squeeze", [tape.op("Greater", [columns, integers(tape, [1])])])


def _body(tape: Tape, inputs: list[ir.Value], outputs: list[ir.Value], name: str) -> ir.Graph:
    """Return a graph inside a node; its values have names that no value outside has."""
    for value in inputs:
        value.name = f"{name}/{value.name}"
    for number, node in enumerate(tape.nodes):
        for value in node.outputs:
            value.name = f"{name}/{node.op_type}.{number}"
    return ir.Graph(inputs, outputs, nodes=tape.nodes, name=name)
