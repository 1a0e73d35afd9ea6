"""N-grams of words and of their characters inside the graph.

As names of gazetteers, n-grams are paths of a trie: a node and the next symbol are one number, which a table maps to
the node after it. All n-grams that begin anywhere in a batch go down the trie at once, one symbol a step.

Dimensions: B rows of a batch, T tokens of its longest row, C characters of its longest token, G n-grams of one row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray
from onnx_ir.tape import Tape

from .featurizer import MAX_NGRAM_CHARACTERS
from .token_values import INT64, TokenValues, integers, scalar, typed
from .vocabulary import Vocabulary

_LAST = np.iinfo(np.int64).max


class NgramTrie(NamedTuple):
    """N-grams as tables. Symbols have the ids of a vocabulary; nodes count from the root, which is 1; 0 is none.

    `edges`, for each place of a symbol in an n-gram: node * `size` + symbol, to the node after it; `ids` [nodes + 1]:
    of the n-gram that ends, 0 for none.
    """

    symbols: Vocabulary
    edges: list[dict[int, int]]
    ids: NDArray[np.int64]

    @property
    def size(self) -> int:
        """What a node is multiplied by."""
        return len(self.symbols)

    @classmethod
    def of(cls, ngrams: Sequence[Sequence[str]], first: int) -> NgramTrie:
        """Return the trie of some n-grams, whose ids count from `first`.

        >>> NgramTrie.of(["ab", "b"], 7)[1:]
        ([{6: 2, 7: 4}, {11: 3}], array([0, 0, 0, 7, 8]))
        """
        symbols = Vocabulary(dict.fromkeys(symbol for ngram in ngrams for symbol in ngram))
        edges: list[dict[int, int]] = [{} for _ in range(max(map(len, ngrams), default=0))]
        size, new, ends = len(symbols), 2, list[int]()
        for ngram in ngrams:
            node = 1
            for of_place, symbol in zip(edges, ngram, strict=False):
                node = of_place.setdefault(node * size + symbols.id(symbol), new)
                new = max(new, node + 1)
            ends.append(node)
        ids = np.zeros(new, np.int64)
        ids[np.array(ends, np.int64)] = np.arange(first, first + len(ends))
        return cls(symbols, edges, ids)


def ngram_ids(tape: Tape, tokens: TokenValues, words: Sequence[Sequence[str]], characters: Sequence[str]) -> ir.Value:
    """Return int64 [B, G]: the ids of each row's n-grams, highest first, 0 after them."""
    rows = tape.op("Slice", [tokens.shape, _one(tape, 0), _one(tape, 1)])
    found = []
    if words:
        trie = NgramTrie.of(words, 1)
        found.append(_found(tape, tokens.grid(tape, tokens.look_up(tape, tokens.flat, trie.symbols)), trie))
    if characters:
        trie = NgramTrie.of(characters, 1 + len(words))
        of_tokens = _found(tape, _spaced(tape, tokens, trie.symbols), trie)
        found.append(tape.op("Reshape", [of_tokens, tape.op("Concat", [rows, _one(tape, -1)], {"axis": 0})]))
    if not found:
        column = tape.op("Concat", [rows, _one(tape, 1)], {"axis": 0})
        return typed(tape.op("Expand", [scalar(tape, 0), column]), INT64, 2)
    every = tape.op("Concat", found, {"axis": 1})
    known = tape.op("Cast", [tape.op("Greater", [every, scalar(tape, 0)])], {"to": INT64.value})
    most = tape.op("ReduceMax", [tape.op("ReduceSum", [known, _one(tape, 1)])], {"keepdims": 0})
    width = tape.op("Max", [tape.op("Reshape", [most, _one(tape, 1)]), _one(tape, 1)])
    highest, _ = tape.op_multi_out("TopK", [every, width], {"axis": 1, "largest": 1, "sorted": 1}, num_outputs=2)
    return typed(highest, INT64, 2)


def _one(tape: Tape, number: int) -> ir.Value:
    return integers(tape, [number])


def _spaced(tape: Tape, tokens: TokenValues, symbols: Vocabulary) -> ir.Value:
    """Return the characters of each token with a space before and after them, int64 [B, T, C + 2]; 0 after them."""
    ids = tokens.look_up(tape, tokens.characters(tape, MAX_NGRAM_CHARACTERS), symbols)
    there = tape.op("Cast", [tape.op("Greater", [ids, scalar(tape, 0)])], {"to": INT64.value})
    zero, one, two = scalar(tape, 0), _one(tape, 1), _one(tape, 2)
    last = integers(tape, [2])
    inner = tape.op("Pad", [ids, integers(tape, [1, 1]), zero, last])
    begun = tape.op("Slice", [there, _one(tape, 0), one, two])
    ends = tape.op("Pad", [there, integers(tape, [2, 0]), zero, last])  # 1 where a character is two places before
    after = tape.op("And", [tape.op("Greater", [ends, zero]), tape.op("Equal", [inner, zero])])
    width = tape.op("Shape", [inner], {"start": 2})
    places = tape.op("Range", [zero, tape.op("Squeeze", [width]), scalar(tape, 1)])
    before = tape.op("And", [tape.op("Equal", [places, zero]), tape.op("Greater", [begun, zero])])
    return typed(tape.op("Where", [tape.op("Or", [before, after]), scalar(tape, symbols.id(" ")), inner]), INT64, 3)


def _found(tape: Tape, symbols: ir.Value, trie: NgramTrie) -> ir.Value:
    """Return the ids of the n-grams that begin at each symbol [..., L], int64 [..., L * places]; 0 for none."""
    table = tape.op("Constant", [], {"value": ir.tensor(trie.ids)})
    last, following, node = integers(tape, [-1]), symbols, scalar(tape, 1)
    found = []
    for step, edges in enumerate(trie.edges):
        if step:  # each place gets its neighbour's symbol; after the last one there is none
            longer = tape.op("Pad", [following, integers(tape, [0, 1]), scalar(tape, 0), last])
            following = tape.op("Slice", [longer, _one(tape, 1), integers(tape, [_LAST]), last])
        attributes: dict[str, int | list[int]] = {
            "keys_int64s": list(edges),
            "values_int64s": list(edges.values()),
            "default_int64": 0,
        }
        key = tape.op("Add", [tape.op("Mul", [node, scalar(tape, trie.size)]), following])
        node = typed(tape.op("LabelEncoder", [key], attributes, domain="ai.onnx.ml"), INT64, None)
        found.append(tape.op("Gather", [table, node]))
    return typed(tape.op("Concat", found, {"axis": -1}), INT64, None)
