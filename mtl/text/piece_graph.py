"""The pieces of tokens inside the graph.

Dimensions: B rows of a batch, T tokens and P pieces of its longest row, N = B * T, Q pieces of one token, K of all.
"""

from __future__ import annotations

import onnx_ir as ir
from onnx_ir.tape import Tape

from ..base.errors import ExportError
from .token_values import (
    INT64,
    STRING,
    OwnPieceValues,
    PieceValues,
    TokenValues,
    integers,
    label_encoder,
    scalar,
    strings,
    typed,
)
from .tokenizers import Tokenizer, tokenizer_of
from .vocabulary import Vocabulary


def packed(tape: Tape, tokens: TokenValues, found: PieceValues, vocabulary: Vocabulary) -> ir.Value:
    """Return the ids of the pieces of all tokens of each row one after another, [B, P], 0 after the last one."""
    ids = tokens.look_up(tape, found.pieces, vocabulary)
    chosen = tape.op("Compress", [tape.op("Reshape", [ids, integers(tape, [-1])]), found.there], {"axis": 0})
    return _in_rows(tape, chosen, tape.op("ReduceSum", [found.counts, integers(tape, [1])], {"keepdims": 0}))


def own_packed(tape: Tape, tokens: TokenValues) -> ir.Value:
    """Return the ids of all pieces of each row, each 1 higher than in the tokenizer's vocabulary, [B, P]."""
    found = own_values(tape, tokens)
    return _in_rows(tape, tape.op("Add", [found.ids, scalar(tape, 1)]), found.lengths)


def _in_rows(tape: Tape, ids: ir.Value, lengths: ir.Value) -> ir.Value:
    """Return ids (int64 [K]) that are row after row, as many in each as `lengths` (int64 [B]) say, as [B, P].

    P is at least 1; after a row's length there is 0.
    """
    own = tape.op("Unsqueeze", [lengths, integers(tape, [1])])
    longest = tape.op("Max", [tape.op("ReduceMax", [lengths], {"keepdims": 0}), scalar(tape, 1)])
    inside = tape.op("Less", [tape.op("Range", [scalar(tape, 0), longest, scalar(tape, 1)]), own])
    places = tape.op("Transpose", [tape.op("NonZero", [inside])], {"perm": [1, 0]})
    empty = tape.op("Expand", [integers(tape, [0]), tape.op("Shape", [inside])])
    return typed(tape.op("ScatterND", [empty, places, ids]), INT64, 2)


def piece_values(tape: Tape, tokens: TokenValues) -> PieceValues:
    """Return the pieces of all tokens, strings; features of one input share them.

    Raises `ExportError` where the tokenizer has them in training alone.
    """
    if tokens.shared.pieces is not None:
        return tokens.shared.pieces
    name = tokens.front_end.tokenizer
    tokenizer = tokenizer_of(tokens.front_end)
    lacking = tokenizer.missing(pieces=True)
    if lacking is not None:
        raise ExportError(f"pieces of tokens: the tokenizer '{name}' should have a method '{lacking}'. There is none.")
    pieces = tokenizer.onnx_pieces(tape, tokens)
    own = tape.op("ReduceSum", [label_encoder(tape, pieces, {"": 0}, 1), integers(tape, [1])], {"keepdims": 0})
    counts = _at_least_one(tape, tape.op("Reshape", [own, tokens.shape]), tokens)
    width = tape.op("Shape", [pieces], {"start": 1, "end": 2})
    columns = tape.op("Range", [scalar(tape, 0), tape.op("Squeeze", [width]), scalar(tape, 1)])
    there = tape.op("Less", [columns, tape.op("Reshape", [counts, integers(tape, [-1, 1])])])
    tokens.shared.pieces = PieceValues(pieces, tape.op("Reshape", [there, integers(tape, [-1])]), counts)
    return tokens.shared.pieces


def own_counts(tape: Tape, tokens: TokenValues) -> ir.Value:
    """Return how many pieces of a vocabulary of its own each token has, int64 [B, T], 0 after a row's length."""
    return _at_least_one(tape, own_values(tape, tokens).counts, tokens)


def _at_least_one(tape: Tape, counts: ir.Value, tokens: TokenValues) -> ir.Value:
    """Return counts [B, T] with 1 for the one token of an empty text, whose piece has id 0, as padding has."""
    least = tape.op("Cast", [tokens.inside(tape)], {"to": INT64.value})
    return typed(tape.op("Max", [counts, least]), INT64, 2)


def own_values(tape: Tape, tokens: TokenValues) -> OwnPieceValues:
    """Return the pieces of all tokens, by the ids of the tokenizer's vocabulary; features of one input share them."""
    if tokens.shared.own is None:
        ids, owners = _found(tape, tokens.surface, tokens.front_end.made)
        tokens.shared.own = _counted(tape, tokens.surface, ids, owners)
    return tokens.shared.own


def first_pieces(tape: Tape, surface: ir.Value, tokenizer: Tokenizer, most: int) -> tuple[ir.Value, OwnPieceValues]:
    """Return the tokens (string [B, T]) that have one of the first pieces of their row, and these pieces."""
    ids, owners = _found(tape, surface, tokenizer)
    found = _counted(tape, surface, ids, owners)
    before = tape.op("CumSum", [found.lengths, scalar(tape, 0)], {"exclusive": 1})
    columns = tape.op("Shape", [surface], {"start": 1, "end": 2})
    row = tape.op("Div", [owners, columns])
    number = tape.op("Squeeze", [tape.op("Shape", [ids])])
    place = tape.op(
        "Sub", [tape.op("Range", [scalar(tape, 0), number, scalar(tape, 1)]), tape.op("Gather", [before, row])]
    )
    read = tape.op("Less", [place, scalar(tape, most)])
    ids, owners = (typed(tape.op("Compress", [v, read], {"axis": 0}), INT64, 1) for v in (ids, owners))
    counts = _counted(tape, surface, ids, owners).counts
    kept = tape.op("Greater", [counts, scalar(tape, 0)])
    lengths = tape.op("ReduceSum", [tape.op("Cast", [kept], {"to": INT64.value}), integers(tape, [1])], {"keepdims": 0})
    width = tape.op("Max", [tape.op("ReduceMax", [lengths], {"keepdims": 1}), integers(tape, [1])])
    cut = [integers(tape, [0]), width, integers(tape, [1])]
    words = tape.op("Where", [kept, surface, strings(tape, [""])])
    shorter = typed(tape.op("Slice", [words, *cut]), STRING, 2)
    row = tape.op("Div", [owners, columns])
    moved = tape.op("Add", [tape.op("Mul", [row, width]), tape.op("Mod", [owners, columns])])
    return shorter, _counted(tape, shorter, ids, typed(moved, INT64, 1))


def _found(tape: Tape, surface: ir.Value, tokenizer: Tokenizer) -> tuple[ir.Value, ir.Value]:
    flat = typed(tape.op("Reshape", [surface, integers(tape, [-1])]), STRING, 1)
    found: tuple[ir.Value, ir.Value] = tokenizer.onnx_ids(tape, flat)  # type: ignore[attr-defined]  # see OwnPieces
    return found


def _counted(tape: Tape, surface: ir.Value, ids: ir.Value, owners: ir.Value) -> OwnPieceValues:
    shape = tape.op("Shape", [surface])
    none = tape.op("Expand", [scalar(tape, 0), tape.op("Shape", [tape.op("Reshape", [surface, integers(tape, [-1])])])])
    one = tape.op("Expand", [scalar(tape, 1), tape.op("Shape", [owners])])
    flat = tape.op("ScatterElements", [none, owners, one], {"axis": 0, "reduction": "add"})
    counts = typed(tape.op("Reshape", [flat, shape]), INT64, 2)
    lengths = tape.op("ReduceSum", [counts, integers(tape, [1])], {"keepdims": 0})
    return OwnPieceValues(ids, counts, typed(lengths, INT64, 1))
