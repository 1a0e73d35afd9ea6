"""Texts as words inside the graph: the same ones that `characters.word_spans` finds."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray
from onnx_ir.tape import Tape

from ..token_values import STRING, integers, strings, tokenizer, typed
from .characters import ALONE, MARK, REMOVED, WORD, class_of


def words(tape: Tape, texts: ir.Value, kinds: NDArray[np.uint8]) -> ir.Value:
    """Cut texts (string [B]) into words, string [B, T], `""` after the last ones."""
    inner, removed, alone, mark = (class_of(kinds, some) for some in ((WORD, REMOVED), (REMOVED,), (ALONE,), (MARK,)))
    word = f"[{class_of(kinds, (WORD,))}][{inner}]*"
    rest = f"[{removed}]*" if removed else ""
    expressions = [word, *([f"[{alone}]{rest}"] if alone else [])]
    if not mark:
        return tokenizer(tape, texts, tokenexp="|".join(expressions))
    # What stands for white space is no part of the word that it begins, and a word where it begins none.
    marked = tokenizer(tape, texts, tokenexp="|".join([f"[{mark}]{rest}{word}", *expressions, f"[{mark}]"]))
    flat = typed(tape.op("Reshape", [marked, integers(tape, [-1])]), STRING, 1)
    bare = tokenizer(tape, flat, tokenexp="|".join(expressions))  # one of each, and there is one
    first = tape.op("Reshape", [bare, integers(tape, [-1])])
    found = tape.op("Where", [tape.op("Equal", [first, strings(tape, [""])]), flat, first])
    return typed(tape.op("Reshape", [found, tape.op("Shape", [marked])]), STRING, 2)
