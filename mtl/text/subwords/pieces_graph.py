"""From tokens to ids of pieces, inside the graph: padding among tokens has none.

Dimensions: N tokens, padding among them, M words, K pieces.
"""

from __future__ import annotations

from collections.abc import Callable

import onnx_ir as ir
from onnx_ir.tape import Tape

from ..token_values import INT64, STRING, integers, strings, typed

PiecesOf = Callable[[Tape, ir.Value], tuple[ir.Value, ir.Value]]  # of words: ids, and the number of the word of each


def ids_of_tokens(tape: Tape, tokens: ir.Value, pieces_of: PiecesOf) -> tuple[ir.Value, ir.Value]:
    """Return the ids of the pieces of tokens (string [N]), int64 [K], and the number of the token of each."""
    # One more word: no tensor on the way is empty. Its pieces are the last ones.
    longer = tape.op("Concat", [tokens, strings(tape, ["x"])], {"axis": 0})
    there = tape.op("Not", [tape.op("Equal", [longer, strings(tape, [""])])])
    places = tape.op("Reshape", [tape.op("NonZero", [there]), integers(tape, [-1])])
    ids, words = pieces_of(tape, typed(tape.op("Gather", [longer, places]), STRING, 1))
    owners = tape.op("Gather", [places, words])
    own = tape.op("Less", [owners, tape.op("Shape", [tokens])])
    found, of = (tape.op("Compress", [values, own], {"axis": 0}) for values in (ids, owners))
    return typed(found, INT64, 1), typed(of, INT64, 1)
