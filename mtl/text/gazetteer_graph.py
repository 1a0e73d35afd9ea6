"""The longest names of a trie in tokens, from the left, inside the graph.

A node of the trie and the next word are one number, which a table maps to the node after it: all tokens of a batch go
down the trie at once, as long as any of them finds a name's next word. As the search from the left goes on after each
name, the names that are taken are those that it reaches from the first token; jumps of 1, 2, 4, … names find them.

Dimensions: B rows of a batch, T tokens of its longest row, K types of names.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray
from onnx_ir.tape import Tape

from .branches import body
from .token_values import INT64, TokenValues, integers, label_encoder, scalar, typed

BOOL = ir.DataType.BOOL


class Trie(NamedTuple):
    """Names as tables. Words count from 1, nodes from the root, which is 1; 0 is none.

    `edges`: node * `size` + word, to the node after it; `accepted` bool [nodes + 1, K]: whether a name of a type ends.
    """

    words: dict[str, int]
    size: int
    edges: dict[int, int]
    accepted: NDArray[np.bool_]

    @classmethod
    def of(cls, types: Sequence[Sequence[Sequence[str]]]) -> Trie:
        """Return the trie of the names of each type, each a list of words.

        >>> Trie.of([[["new", "york"]], [["york"]]])[:3]
        ({'new': 1, 'york': 2}, 3, {4: 2, 8: 3, 5: 4})
        """
        spelled = dict.fromkeys(word for names in types for name in names for word in name)
        words = {word: number for number, word in enumerate(spelled, 1)}
        size = len(words) + 1
        edges: dict[int, int] = {}
        ends = []
        for number, names in enumerate(types):
            for name in names:
                node = 1
                for word in name:
                    node = edges.setdefault(node * size + words[word], len(edges) + 2)
                ends.append((node, number))
        accepted = np.zeros((len(edges) + 2, len(types)), np.bool_)
        accepted[tuple(np.array(ends, np.int64).reshape(-1, 2).T)] = True
        return cls(words, size, edges, accepted)


def name_flags(tape: Tape, tokens: TokenValues, trie: Trie, *, ends: bool) -> ir.Value:
    """Return int64 [B, T, K]: 0 outside of names, else 1 + type * positions + position, as the featurizer has them."""
    if not trie.edges:
        return _nothing(tape, tokens.shape, trie)
    words = tokens.grid(tape, label_encoder(tape, tokens.flat, trie.words, 0))
    longest = _longest(tape, words, trie)
    some, none = Tape(), Tape()
    number = len(tape.nodes)  # another one for each input of a graph
    zeros = none.op("Mul", [longest, scalar(none, 0)])
    branches = {
        "then_branch": body(some, [], [_flags(some, longest, trie.accepted.shape[1], ends=ends)], f"names.{number}"),
        "else_branch": body(none, [], [typed(zeros, INT64, 3)], f"no_names.{number}"),
    }
    return typed(tape.op("If", [_above(tape, longest, 0)], branches), INT64, 3)


def _above(tape: Tape, numbers: ir.Value, bound: int) -> ir.Value:
    """Say whether any number is above a bound, bool []."""
    return typed(tape.op("Greater", [tape.op("ReduceMax", [numbers], {"keepdims": 0}), scalar(tape, bound)]), BOOL, 0)


def _nothing(tape: Tape, shape: ir.Value, trie: Trie) -> ir.Value:
    """Return zeros [B, T, K] for the shape [2] of tokens."""
    size = tape.op("Concat", [shape, integers(tape, [trie.accepted.shape[1]])], {"axis": 0})
    return typed(tape.op("Expand", [scalar(tape, 0), size]), INT64, 3)


def _longest(tape: Tape, words: ir.Value, trie: Trie) -> ir.Value:
    """Return how many words the longest name has that begins at each token, int64 [B, T, K]; 0 where none does."""
    inside = Tape()
    step, going = ir.val("step", dtype=INT64, shape=()), ir.val("going", dtype=BOOL, shape=())
    node, word = (ir.val(name, dtype=INT64, shape=(None, None)) for name in ("node", "word"))
    found = ir.val("found", dtype=INT64, shape=(None, None, None))
    keys = inside.op("Add", [inside.op("Mul", [node, scalar(inside, trie.size)]), word])
    attributes: dict[str, int | list[int]] = {
        "keys_int64s": list(trie.edges),
        "values_int64s": list(trie.edges.values()),
        "default_int64": 0,
    }
    after = typed(inside.op("LabelEncoder", [keys], attributes, domain="ai.onnx.ml"), INT64, 2)
    table = inside.op("Constant", [], {"value": ir.tensor(trie.accepted)})
    accepted = inside.op("Gather", [table, after])
    length = inside.op("Add", [step, scalar(inside, 1)])
    longer = typed(inside.op("Where", [accepted, length, found]), INT64, 3)
    # The next word of every token is its neighbour's; after a row's last one there is none.
    pads = [word, integers(inside, [0, 1]), None, integers(inside, [1])]
    last = integers(inside, [np.iinfo(np.int64).max])
    shifted = inside.op("Slice", [inside.op("Pad", pads), integers(inside, [1]), last, integers(inside, [1])])
    outputs = [_above(inside, after, 0), after, typed(shifted, INT64, 2), longer]
    each = body(inside, [step, going, node, word, found], outputs, f"trie.{len(tape.nodes)}")
    root = tape.op("Expand", [scalar(tape, 1), tape.op("Shape", [words])])
    inputs = [None, _above(tape, words, 0), root, words, _nothing(tape, tape.op("Shape", [words]), trie)]
    *_, longest = tape.op_multi_out("Loop", inputs, {"body": each}, num_outputs=3)
    return typed(longest, INT64, 3)


def _flags(tape: Tape, longest: ir.Value, types: int, *, ends: bool) -> ir.Value:
    """Return the flags of the names that are taken from the left."""
    zero, one = scalar(tape, 0), scalar(tape, 1)
    # Names of one word are in nobody's way: each is taken.
    several, single = Tape(), Tape()
    number = len(tape.nodes)
    every = single.op("GreaterOrEqual", [longest, scalar(single, 0)])
    branches = {
        "then_branch": body(several, [], [_taken(several, longest)], f"several_words.{number}"),
        "else_branch": body(single, [], [typed(every, BOOL, 3)], f"single_words.{number}"),
    }
    begins = typed(tape.op("If", [_above(tape, longest, 1)], branches), BOOL, 3)
    nothing = tape.op("And", [begins, tape.op("Equal", [longest, zero])])
    first, inner = zero, one
    if ends:
        longer = tape.op("Greater", [longest, one])
        first = tape.op("Where", [longer, zero, scalar(tape, 3)])
        axis, last = integers(tape, [1]), integers(tape, [np.iinfo(np.int64).max])
        beside = tape.op("Slice", [tape.op("Cast", [begins], {"to": INT64.value}), axis, last, axis])
        pads = [beside, integers(tape, [0, 1]), one, axis]  # a row's end ends a name, too
        inner = tape.op("Add", [tape.op("Pad", pads), one])
    position = tape.op("Where", [begins, first, inner])
    bases = tape.op("Constant", [], {"value": ir.tensor(1 + np.arange(types, dtype=np.int64) * (4 if ends else 2))})
    return typed(tape.op("Where", [nothing, zero, tape.op("Add", [position, bases])]), INT64, 3)


def _taken(tape: Tape, longest: ir.Value) -> ir.Value:
    """Return bool [B, T, K]: whether the search from the left looks for a name that begins at a token."""
    zero, one = scalar(tape, 0), scalar(tape, 1)
    size = tape.op("Shape", [longest], {"start": 1, "end": 2})
    end = tape.op("Squeeze", [size])
    places = tape.op("Unsqueeze", [tape.op("Range", [zero, end, one]), integers(tape, [1])])
    steps = tape.op("Add", [tape.op("Max", [longest, one]), places])
    jumps = tape.op("Pad", [steps, integers(tape, [0, 1]), end, integers(tape, [1])])  # who is at the end stays there
    start = tape.op("Pad", [tape.op("Equal", [places, zero]), integers(tape, [0, 1]), None, integers(tape, [0])])
    reached = tape.op("Expand", [tape.op("Cast", [start], {"to": INT64.value}), tape.op("Shape", [jumps])])

    inside = Tape()
    step, going = ir.val("step", dtype=INT64, shape=()), ir.val("going", dtype=BOOL, shape=())
    jump, found = (ir.val(name, dtype=INT64, shape=(None, None, None)) for name in ("jump", "found"))
    further = inside.op("ScatterElements", [found, jump, found], {"axis": 1, "reduction": "max"})
    twice = typed(inside.op("GatherElements", [jump, jump], {"axis": 1}), INT64, 3)
    outputs = [_before(inside, twice, end), twice, typed(further, INT64, 3)]
    each = body(inside, [step, going, jump, found], outputs, f"jumps.{len(tape.nodes)}")
    _, every = tape.op_multi_out(
        "Loop", [None, _before(tape, jumps, end), jumps, reached], {"body": each}, num_outputs=2
    )
    return typed(
        tape.op(
            "Cast", [tape.op("Slice", [every, integers(tape, [0]), size, integers(tape, [1])])], {"to": BOOL.value}
        ),
        BOOL,
        3,
    )


def _before(tape: Tape, places: ir.Value, end: ir.Value) -> ir.Value:
    """Say whether any place is before the end, bool []."""
    return typed(tape.op("Less", [tape.op("ReduceMin", [places], {"keepdims": 0}), end]), BOOL, 0)
