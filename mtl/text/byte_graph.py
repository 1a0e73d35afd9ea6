"""The bytes of tokens inside the graph.

No operator of a stock onnxruntime gives the bytes of a string. But its MurmurHash3 of up to four bytes loses nothing:
each of its steps can be undone, so a character's bytes follow from its hash. Batches of ASCII alone need no more than a
table.

Dimensions: B rows of a batch, T tokens of its longest row, N = B * T, K characters and C bytes of the longest token.
"""

from __future__ import annotations

import onnx_ir as ir
from onnx_ir.tape import Tape

from .branches import body
from .token_values import INT64, UINT32, TokenValues, integers, label_encoder, scalar, typed

_BITS = 0xFFFFFFFF


def byte_ids(tape: Tape, tokens: TokenValues, max_length: int) -> ir.Value:
    """Return the first `max_length` bytes of each token, int64 [B, T, C]: 1 to 256, 0 after the last one."""
    characters = tokens.characters(tape, max_length)
    plain = tape.op("RegexFullMatch", [tokens.flat], {"pattern": r"[\x00-\x7F]*"})
    every = tape.op("ReduceMin", [plain], {"keepdims": 0})
    fast, slow = Tape(), Tape()
    number = len(tape.nodes)  # another one for each input of a graph
    branches = {
        "then_branch": body(fast, [], [_of_ascii(fast, characters)], f"ascii_bytes.{number}"),
        "else_branch": body(slow, [], [_of_any(slow, characters, max_length)], f"bytes.{number}"),
    }
    return typed(tape.op("If", [every], branches), INT64, 3)


def _of_ascii(tape: Tape, characters: ir.Value) -> ir.Value:
    return label_encoder(tape, characters, {chr(code): code + 1 for code in range(128)}, 0)


def _of_any(tape: Tape, characters: ir.Value, max_length: int) -> ir.Value:
    """Return the bytes of all characters [B, T, K] of each token, one after another, as many as there may be."""
    shape = tape.op("Shape", [characters], {"start": 0, "end": 2})
    words = tape.op("Concat", [integers(tape, [-1]), tape.op("Shape", [characters], {"start": 2})], {"axis": 0})
    packed, sizes = _packed(tape, tape.op("Reshape", [characters, words]))
    column = integers(tape, [-1])
    parts = tape.op("Div", [tape.op("Unsqueeze", [packed, column]), integers(tape, [1, 2**8, 2**16, 2**24])])
    ids = tape.op("Add", [tape.op("BitwiseAnd", [parts, scalar(tape, 255)]), scalar(tape, 1)])
    there = tape.op("Less", [integers(tape, [0, 1, 2, 3]), tape.op("Unsqueeze", [sizes, column])])
    return _moved_together(tape, tape.op("Flatten", [ids]), tape.op("Flatten", [there]), max_length, shape)


def _moved_together(tape: Tape, ids: ir.Value, there: ir.Value, most: int, shape: ir.Value) -> ir.Value:
    """Return the ids [N, 4 K] that are `there` in places next to each other, the first `most` of each token."""
    zero, one, end = integers(tape, [0]), integers(tape, [1]), integers(tape, [most])
    counted = tape.op("Cast", [there], {"to": INT64.value})
    before = tape.op("CumSum", [counted, one], {"exclusive": 1})
    places = tape.op("Where", [there, tape.op("Min", [before, end]), end])  # the last column is cut off
    size = tape.op(
        "Concat", [tape.op("Shape", [there], {"start": 0, "end": 1}), integers(tape, [most + 1])], {"axis": 0}
    )
    moved = tape.op("ScatterElements", [tape.op("Expand", [zero, size]), places, ids], {"axis": 1})
    counts = tape.op("ReduceSum", [counted, one], {"keepdims": 0})
    longest = tape.op("ReduceMax", [counts, zero], {"keepdims": 1})
    width = tape.op("Max", [tape.op("Min", [longest, end]), one])
    cut = tape.op("Slice", [moved, zero, width, one])
    return typed(tape.op("Reshape", [cut, tape.op("Concat", [shape, width], {"axis": 0})]), INT64, 3)


def _packed(tape: Tape, characters: ir.Value) -> tuple[ir.Value, ir.Value]:
    """Return the bytes of characters [N, K] as one number each, the first one lowest, and how many; of `""` none."""
    sizes = scalar(tape, 0)
    for first in (0, 0x80, 0x800, 0x10000):  # the first characters of one, two, three and four bytes
        match = tape.op("RegexFullMatch", [characters], {"pattern": rf"[\x{{{first:X}}}-\x{{10FFFF}}]"})
        sizes = tape.op("Add", [sizes, tape.op("Cast", [match], {"to": INT64.value})])
    attributes = {"positive": 1, "seed": 0}
    hashes = typed(tape.op("MurmurHash3", [characters], attributes, domain="com.microsoft"), UINT32, 2)
    last = tape.op("BitwiseXor", [_unmixed(tape, tape.op("Cast", [hashes], {"to": INT64.value})), sizes])
    # Four bytes are a block, which has one more step than the rest of a string.
    step = tape.op("BitwiseAnd", [tape.op("Sub", [last, scalar(tape, 0xE6546B64)]), scalar(tape, _BITS)])
    block = _rotated(tape, _divided(tape, step, 5), 19)
    found = tape.op("Where", [tape.op("Equal", [sizes, scalar(tape, 4)]), block, last])
    turned = _rotated(tape, _divided(tape, found, 0x1B873593), 17)
    return _divided(tape, turned, 0xCC9E2D51), sizes


def _unmixed(tape: Tape, hashes: ir.Value) -> ir.Value:
    """Undo the final mix of MurmurHash3."""
    found = _divided(tape, _xor_shifted(tape, hashes, 16), 0xC2B2AE35)
    found = _divided(tape, _xor_shifted(tape, found, 13, 26), 0x85EBCA6B)
    return _xor_shifted(tape, found, 16)


def _xor_shifted(tape: Tape, value: ir.Value, *shifts: int) -> ir.Value:
    """Return numbers of 32 bits, xored with themselves shifted right."""
    found = value
    for shift in shifts:
        found = tape.op("BitwiseXor", [found, tape.op("Div", [value, scalar(tape, 1 << shift)])])
    return found


def _rotated(tape: Tape, value: ir.Value, left: int) -> ir.Value:
    """Return numbers of 32 bits rotated to the left."""
    high = tape.op("BitwiseAnd", [tape.op("Mul", [value, scalar(tape, 1 << left)]), scalar(tape, _BITS)])
    return tape.op("BitwiseOr", [high, tape.op("Div", [value, scalar(tape, 1 << (32 - left))])])


def _divided(tape: Tape, value: ir.Value, by: int) -> ir.Value:
    """Return what gives numbers of 32 bits when it is multiplied by an odd one: their product with its inverse."""
    inverse = pow(by, -1, 2**32)
    signed = inverse - 2**32 if inverse >= 2**31 else inverse  # with a sign it overflows no number of 64 bits
    return tape.op("BitwiseAnd", [tape.op("Mul", [value, scalar(tape, signed)]), scalar(tape, _BITS)])
