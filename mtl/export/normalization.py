"""Normalizations of tokens inside the graph, alike on every platform.

What `StringNormalizer` makes of letters beyond ASCII depends on the platform (in WebAssembly the locale "C" lower-cases
`É`, on Linux it does not), so it gets batches of ASCII alone. All others go a longer way, which is exact everywhere.
"""

from __future__ import annotations

import onnx_ir as ir
from onnx_ir.tape import Tape

from ..text.branches import body
from ..text.normalization import Normalization, character_map
from ..text.token_values import STRING, typed
from .nfkc import nfkc
from .replacement import replaced


def normalized(tape: Tape, words: ir.Value, texts: ir.Value, how: Normalization) -> ir.Value:
    """Return words (string [N], N at least 1) as they are looked up.

    `texts` (string [M], M at least 1) has every character that words have: there are fewer texts to look through.
    """
    if not how:
        return words
    every = tape.op("ReduceMin", [tape.op("RegexFullMatch", [texts], {"pattern": r"[\x00-\x7F]*"})], {"keepdims": 0})
    fast, slow = Tape(), Tape()
    number = len(tape.nodes)  # another one for each input of a graph
    branches = {
        "then_branch": body(fast, [], [_ascii(fast, words, how)], f"ascii.{number}"),
        "else_branch": body(slow, [], [_beyond_ascii(slow, words, how)], f"normalized.{number}"),
    }
    return typed(tape.op("If", [every], branches), STRING, 1)


def _ascii(tape: Tape, words: ir.Value, how: Normalization) -> ir.Value:
    """Return words of ASCII alone, of which normalizations change nothing but capitals."""
    if not how & (Normalization.LOWERCASE | Normalization.ASCII_LOWERCASE):
        return typed(tape.op("Identity", [words]), STRING, 1)
    # The default locale lower-cases ASCII too, but does not exist everywhere.
    return typed(tape.op("StringNormalizer", [words], {"case_change_action": "LOWER", "locale": "C"}), STRING, 1)


def _beyond_ascii(tape: Tape, words: ir.Value, how: Normalization) -> ir.Value:
    if Normalization.NFKC in how:
        words = nfkc(tape, words)
    by = character_map(how)
    return replaced(tape, words, by) if by else words
