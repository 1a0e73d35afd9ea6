"""Tokens inside an ONNX graph, and what features compute from them there.

Imports onnx_ir, so it is itself imported only by what builds graphs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import onnx_ir as ir
from onnx_ir.tape import Tape

from .front_end import FrontEnd
from .vocabulary import FIRST, PADDING, UNKNOWN, Vocabulary

STRING = ir.DataType.STRING
INT64 = ir.DataType.INT64
UINT32 = ir.DataType.UINT32
FLOAT = ir.DataType.FLOAT


class PieceValues(NamedTuple):
    """The pieces of N tokens, up to Q of each.

    `pieces` string [N, Q]; `there` bool [N*Q]: where a piece is; `counts` int64 [B, T].
    """

    pieces: ir.Value
    there: ir.Value
    counts: ir.Value


class OwnPieceValues(NamedTuple):
    """The pieces of tokens by their ids in the tokenizer's vocabulary.

    `ids` int64 [K], of one token after another; `counts` int64 [B, T]: how many a token has; `lengths` int64 [B].
    """

    ids: ir.Value
    counts: ir.Value
    lengths: ir.Value


@dataclass
class Shared:
    """What features of one input compute once: whether a token is inside its row, bool [B, T], and pieces.

    `own` are those with ids of their own, `spelled` are characters with blanks, by how many of a token are read.
    """

    inside: ir.Value | None = None
    pieces: PieceValues | None = None
    own: OwnPieceValues | None = None
    spelled: dict[int, PieceValues] = field(default_factory=dict)


@dataclass(frozen=True)
class TokenValues:
    """The tokens of a batch in the graph: at least one row, and at least one token in each.

    `flat` string [B*T]: tokens as they are looked up (normalized as the input says), `""` for padding;
    `surface` string [B, T]: as they are in the text; `lengths` int64 [B], at least 1; `shape` int64 [2]: B, T;
    `counts` int64 [B]: the lengths, but 0 for an empty text, whose one token is padding.
    """

    flat: ir.Value
    surface: ir.Value
    lengths: ir.Value
    shape: ir.Value
    counts: ir.Value
    front_end: FrontEnd
    shared: Shared = field(default_factory=Shared, compare=False)

    def inside(self, tape: Tape) -> ir.Value:
        """Return bool [B, T]: whether a token is before its row's length."""
        if self.shared.inside is None:
            steps = tape.op("Shape", [self.surface], {"start": 1, "end": 2})
            positions = tape.op("Range", [scalar(tape, 0), tape.op("Squeeze", [steps]), scalar(tape, 1)])
            inside = tape.op("Less", [positions, tape.op("Unsqueeze", [self.lengths, integers(tape, [1])])])
            self.shared.inside = typed(inside, ir.DataType.BOOL, 2)
        return self.shared.inside

    def grid(self, tape: Tape, flat: ir.Value) -> ir.Value:
        """Return a value per token, [B*T], as [B, T]."""
        return typed(tape.op("Reshape", [flat, self.shape]), flat.dtype, 2)

    def look_up(self, tape: Tape, strings: ir.Value, vocabulary: Vocabulary) -> ir.Value:
        """Return the ids of strings (padding `""` is 0), int64, of the same shape."""
        ids = range(FIRST, FIRST + len(vocabulary.entries))
        return label_encoder(tape, strings, {"": PADDING, **dict(zip(vocabulary.entries, ids, strict=True))}, UNKNOWN)

    def characters(self, tape: Tape, max_length: int) -> ir.Value:
        """Return the first `max_length` characters of each token, string [B, T, C], `""` after the last one."""
        count = tape.op("Shape", [self.flat])
        # One more token makes C at least 1. Words are cut before they are split: one endless word would
        # otherwise make every token of the batch as wide.
        longer = tape.op("Concat", [self.flat, strings(tape, ["x"])], {"axis": 0})
        cut = tokenizer(tape, longer, tokenexp=rf"(?s)\A.{{1,{max_length}}}")
        split = tokenizer(tape, tape.op("Reshape", [cut, integers(tape, [-1])]), separators=[""])
        kept = tape.op("Slice", [split, integers(tape, [0]), count])
        shape = tape.op("Concat", [self.shape, integers(tape, [-1])], {"axis": 0})
        return typed(tape.op("Reshape", [kept, shape]), STRING, 3)


def tokenizer(tape: Tape, texts: ir.Value, **how: str | list[str]) -> ir.Value:
    """Split strings [B] into [B, T] (onnxruntime's own Tokenizer: `tokenexp`, an RE2 expression, or `separators`)."""
    attributes: dict[str, str | int | list[str]] = {"mark": 0, "mincharnum": 1, "pad_value": "", **how}
    return typed(tape.op("Tokenizer", [texts], attributes, domain="com.microsoft"), STRING, 2)


def label_encoder(tape: Tape, values: ir.Value, ids: dict[str, int], default: int) -> ir.Value:
    """Map strings to integers."""
    attributes: dict[str, int | list[int] | list[str]] = {
        "keys_strings": list(ids),
        "values_int64s": list(ids.values()),
        "default_int64": default,
    }
    rank = None if values.shape is None else len(values.shape)
    return typed(tape.op("LabelEncoder", [values], attributes, domain="ai.onnx.ml"), INT64, rank)


def integers(tape: Tape, numbers: list[int]) -> ir.Value:
    """Return a constant int64 vector."""
    return tape.op("Constant", [], {"value": ir.tensor(np.array(numbers, np.int64))})


def scalar(tape: Tape, number: int) -> ir.Value:
    """Return a constant int64 number."""
    return tape.op("Constant", [], {"value": ir.tensor(np.array(number, np.int64))})


def strings(tape: Tape, texts: list[str]) -> ir.Value:
    """Return a constant string vector."""
    return tape.op("Constant", [], {"value_strings": texts})


def typed(value: ir.Value, dtype: ir.DataType | None, rank: int | None) -> ir.Value:
    """Note a value's type: it is not inferred for operators outside ONNX's own domain."""
    value.type = None if dtype is None else ir.TensorType(dtype)
    value.shape = None if rank is None else ir.Shape([None] * rank)
    return value


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
