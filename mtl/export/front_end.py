"""From strings to tokens inside the graph, with the operators of a stock onnxruntime.

Tokens are what the graph side of the input's tokenizer finds (`mtl.text.tokenizers`).
"""

from __future__ import annotations

import onnx_ir as ir
from onnx_ir.tape import Tape

from ..base.errors import ExportError
from ..text.front_end import FrontEnd
from ..text.piece_graph import first_pieces
from ..text.token_values import INT64, STRING, Shared, TokenValues, integers, label_encoder, strings, typed
from ..text.tokenizers import tokenizer_of
from .normalization import normalized

__all__ = ["TokenValues", "text_front_end", "tokens_front_end"]


def text_front_end(tape: Tape, text: ir.Value, front_end: FrontEnd) -> TokenValues:
    """Split texts (string [B]) as a front end says.

    An empty batch becomes one row, and an empty text one token of padding: what follows never meets an empty
    tensor. The caller cuts the answers back to B rows.
    """
    rows = tape.op("Max", [tape.op("Shape", [text]), integers(tape, [1])])
    # One more text with one token: the batch is never empty, and T is at least 1. It is cut off again unless
    # it is the only one.
    longer = tape.op("Concat", [text, strings(tape, ["x"])], {"axis": 0})
    tokenizer = tokenizer_of(front_end)
    missing = tokenizer.missing(pieces=False)
    if missing is not None:
        name = front_end.tokenizer
        raise ExportError(f"front end: the tokenizer '{name}' should have a method '{missing}'. There is none.")
    tokens = typed(tokenizer.onnx(tape, longer), STRING, 2)
    surface = typed(tape.op("Slice", [tokens, integers(tape, [0]), rows]), STRING, 2)
    if front_end.max_tokens is not None:
        surface = _first_columns(tape, surface, integers(tape, [front_end.max_tokens]))
    shared = Shared()
    if front_end.max_pieces is not None:
        surface, shared.own = first_pieces(tape, surface, tokenizer, front_end.max_pieces)
    real = label_encoder(tape, surface, {"": 0}, 1)
    counts = tape.op("ReduceSum", [real, integers(tape, [1])], {"keepdims": 0})
    return _values(tape, surface, counts, longer, front_end, shared)


def tokens_front_end(tape: Tape, tokens: ir.Value, lengths: ir.Value, front_end: FrontEnd) -> TokenValues:
    """Take tokens (string [B, T]) as they are, `lengths` (int64 [B]) of them in each row.

    What comes after a row's length, or after as many as the front end reads, is ignored; a length above T counts as T.
    A row of no tokens becomes one of one token of padding, a batch of no rows one such row.
    """
    one, zero = integers(tape, [1]), integers(tape, [0])
    given = tape.op("Shape", [tokens])
    shape = tape.op("Max", [given, one])
    missing = tape.op("Sub", [shape, given])
    rows, columns = (tape.op("Slice", [given, integers(tape, [i]), integers(tape, [i + 1])]) for i in (0, 1))
    new_rows, new_columns = (tape.op("Slice", [missing, integers(tape, [i]), integers(tape, [i + 1])]) for i in (0, 1))
    empty = strings(tape, [""])
    right = tape.op("Expand", [empty, tape.op("Concat", [rows, new_columns], {"axis": 0})])
    wider = tape.op("Concat", [tokens, right], {"axis": 1})
    width = tape.op("Max", [columns, one])
    below = tape.op("Expand", [empty, tape.op("Concat", [new_rows, width], {"axis": 0})])
    grid = tape.op("Concat", [wider, below], {"axis": 0})
    if front_end.max_tokens is not None:
        width = tape.op("Min", [width, integers(tape, [front_end.max_tokens])])
        grid = _first_columns(tape, grid, width)
    longer = tape.op("Concat", [lengths, tape.op("Expand", [zero, new_rows])], {"axis": 0})
    bounded = tape.op("Min", [longer, width])
    positions = tape.op("Range", [_scalar(tape, zero), _scalar(tape, width), _scalar(tape, one)])
    inside = tape.op("Less", [positions, tape.op("Unsqueeze", [bounded, one])])
    surface = typed(tape.op("Where", [inside, grid, empty]), STRING, 2)
    return _values(tape, surface, bounded, None, front_end, Shared())


def _first_columns(tape: Tape, grid: ir.Value, count: ir.Value) -> ir.Value:
    """Return the first columns of a table of strings, as many as there are."""
    return typed(tape.op("Slice", [grid, integers(tape, [0]), count, integers(tape, [1])]), STRING, 2)


def _scalar(tape: Tape, vector: ir.Value) -> ir.Value:
    return tape.op("Squeeze", [vector])


def _values(
    tape: Tape, surface: ir.Value, counts: ir.Value, texts: ir.Value | None, front_end: FrontEnd, shared: Shared
) -> TokenValues:
    """Return the values of tokens; `texts`, where there are some, are what they were cut out of."""
    lengths = tape.op("Max", [counts, integers(tape, [1])])
    shape = typed(tape.op("Shape", [surface]), INT64, 1)
    flat = typed(tape.op("Reshape", [surface, integers(tape, [-1])]), STRING, 1)
    words = normalized(tape, flat, flat if texts is None else texts, front_end.normalization)
    return TokenValues(words, surface, typed(lengths, INT64, 1), shape, typed(counts, INT64, 1), front_end, shared)
