"""The pieces of a word whose scores have the highest sum, inside the graph (Kudo, 2018, section 3.1).

The best way to each symbol goes over a piece that ends there: symbol after symbol, for words of similar lengths at
once. Sums are those of the package `tokenizers`, in double precision and in its order; of equal ones the longest piece
is taken. Symbols that no piece has are one unknown piece together.

Dimensions: M words, P symbols of all words, W symbols of the longest piece there is, K pieces; of a group G words, the
longest of L symbols.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray
from onnx_ir.tape import Tape

from ..branches import body
from ..token_values import INT64, integers, scalar, typed
from .alphabet import Alphabet
from .matching_graph import matches, range_of, table
from .reading import loaded
from .strides import Strides
from .symbols_graph import symbols
from .walk_graph import counted, reached

BOOL, DOUBLE = ir.DataType.BOOL, ir.DataType.DOUBLE
LAST = np.iinfo(np.int64).max
PENALTY = 10.0  # of an unknown symbol, below the lowest score
_BOUNDS = (32, 250, 1000)  # words of symbols up to one of them are looked at together, each longer one by itself


class UnigramTables(NamedTuple):
    """Pieces as tables: id and score of the piece at each node; -1 and minus infinity where there is none.

    After them come -1 and the score of an unknown symbol.
    """

    alphabet: Alphabet
    strides: Strides
    ids: NDArray[np.int64]
    scores: NDArray[np.float64]
    unknown: int

    @classmethod
    def of(
        cls, pieces: Sequence[tuple[str, int, float]], alphabet: Alphabet, unknown: int, lowest: float
    ) -> UnigramTables:
        """Return the tables of pieces with their ids and scores; `lowest` is the lowest score of the vocabulary."""
        strides = Strides.of([alphabet.spelled(piece) for piece, _, _ in pieces], alphabet.size)
        ids = np.array([own for _, own, _ in pieces] + [-1], np.int64)
        scores = np.array([score for _, _, score in pieces] + [-np.inf], np.float64)
        at = strides.ends
        return cls(alphabet, strides, np.append(ids[at], -1), np.append(scores[at], lowest - PENALTY), unknown)


@functools.lru_cache(maxsize=2)
def tables_of(content: bytes) -> UnigramTables:
    """Return the tables of a file."""
    read = loaded(content)
    vocabulary = read.tree["model"]["vocab"]
    pieces = [(piece, own, vocabulary[own][1]) for piece, own in read.entries.items() if piece]
    lowest = min(score for _, score in vocabulary)
    return UnigramTables.of(pieces, Alphabet.of(read), read.vocabulary.unknown, lowest)


def piece_ids(tape: Tape, words: ir.Value, tables: UnigramTables) -> tuple[ir.Value, ir.Value]:
    """Return the ids of the pieces of words (string [M]), int64 [K], and the number of the word of each."""
    found = symbols(tape, words, tables.alphabet)
    nodes = _with_unknown(tape, matches(tape, found.values, tables.strides), tables)
    width = tape.op("Squeeze", [tape.op("Shape", [nodes], {"start": 1, "end": 2})])
    sizes = counted(tape, found.owners, tape.op("Shape", [words]))
    starts = typed(tape.op("CumSum", [sizes, scalar(tape, 0)], {"exclusive": 1}), INT64, 1)
    lengths = _lengths(tape, nodes, width, sizes, starts, tables.scores)

    places = range_of(tape, found.values)
    before = tape.op("Sub", [places, lengths])
    inside = tape.op("GreaterOrEqual", [before, tape.op("Gather", [starts, found.owners])])
    jumps = typed(tape.op("Where", [inside, before, tape.op("Shape", [places])]), INT64, 1)
    after = tape.op("Gather", [tape.op("Add", [starts, sizes]), found.owners])
    last = tape.op("Equal", [tape.op("Add", [places, scalar(tape, 1)]), after])
    kept = reached(tape, jumps, typed(last, BOOL, 1))
    begins, counts, owners = (tape.op("Compress", [v, kept], {"axis": 0}) for v in (before, lengths, found.owners))
    rows = tape.op("Mul", [tape.op("Add", [begins, scalar(tape, 1)]), width])
    at = tape.op("Add", [rows, tape.op("Sub", [counts, scalar(tape, 1)])])
    ids = table(tape, tables.ids, tape.op("Gather", [tape.op("Reshape", [nodes, integers(tape, [-1])]), at]))
    return _fused(tape, typed(ids, INT64, 1), typed(owners, INT64, 1), tables.unknown)


def _with_unknown(tape: Tape, nodes: ir.Value, tables: UnigramTables) -> ir.Value:
    """Return nodes [P, W], of a symbol that is no piece by itself that of an unknown one."""
    first = tape.op("Slice", [nodes, integers(tape, [0]), integers(tape, [1]), integers(tape, [1])])
    rest = tape.op("Slice", [nodes, integers(tape, [1]), integers(tape, [LAST]), integers(tape, [1])])
    known = tape.op("GreaterOrEqual", [table(tape, tables.ids, first), scalar(tape, 0)])
    single = tape.op("Where", [known, first, scalar(tape, len(tables.ids) - 1)])
    return typed(tape.op("Concat", [single, rest], {"axis": 1}), INT64, 2)


def _by_ends(tape: Tape, nodes: ir.Value, width: ir.Value) -> ir.Value:
    """Return nodes by the symbols that they end with, [P, W], those of most symbols first, for those by the first.

    What ends in a row and has l symbols is l - 1 rows above it, in column l - 1: each column is moved by a row more
    than the one before it. Columns one after another, read again as if each were a row longer, are moved so.
    """
    one, none = integers(tape, [1]), integers(tape, [0])
    wide = _vector(tape, width)
    reverse = [integers(tape, [-1]), integers(tape, [-LAST]), one, integers(tape, [-1])]
    above = tape.op("Pad", [nodes, tape.op("Concat", [wide, integers(tape, [0, 0, 0])], {"axis": 0})])
    columns = tape.op("Transpose", [tape.op("Slice", [above, *reverse])], {"perm": [1, 0]})
    flat = tape.op("Reshape", [columns, integers(tape, [-1])])
    more = tape.op("Concat", [none, tape.op("Add", [wide, one])], {"axis": 0})
    padded = tape.op("Pad", [flat, more])
    further = tape.op("Slice", [padded, one, integers(tape, [LAST])])
    shape = tape.op("Concat", [wide, integers(tape, [-1])], {"axis": 0})
    rows = tape.op("Transpose", [tape.op("Reshape", [further, shape])], {"perm": [1, 0]})
    count = tape.op("Shape", [nodes], {"start": 0, "end": 1})
    return typed(tape.op("Slice", [rows, none, count]), INT64, 2)


def _lengths(
    tape: Tape, nodes: ir.Value, width: ir.Value, sizes: ir.Value, starts: ir.Value, scores: NDArray[np.float64]
) -> ir.Value:
    """Return the length of the piece that the best way to each symbol ends with, int64 [P]."""
    group = _group(tape, sizes)
    (groups, *_) = tape.op_multi_out("Unique", [group], {"sorted": 1}, num_outputs=1)
    by_ends = table(tape, scores, _by_ends(tape, nodes, width))

    inside = Tape()
    step, going = ir.val("step", dtype=INT64, shape=()), ir.val("going", dtype=BOOL, shape=())
    before = ir.val("lengths", dtype=INT64, shape=(None,))
    same = inside.op("Equal", [group, inside.op("Gather", [groups, step])])
    own_starts, own_sizes = (inside.op("Compress", [values, same], {"axis": 0}) for values in (starts, sizes))
    letters = inside.op("Unsqueeze", [_letters(inside, own_sizes), integers(inside, [1])])
    places = inside.op("Add", [letters, own_starts])  # [L, G]; of the shorter words, some are those of other words
    end = inside.op("Sub", [inside.op("Shape", [before]), integers(inside, [1])])
    candidates = typed(inside.op("Gather", [by_ends, inside.op("Min", [places, end])]), DOUBLE, 3)
    best = inside.op("Sub", [width, _best(inside, candidates, inside.op("Shape", [own_sizes]), width)])
    there = inside.op("Reshape", [inside.op("Less", [letters, own_sizes]), integers(inside, [-1])])
    own = [
        inside.op("Compress", [inside.op("Reshape", [values, integers(inside, [-1])]), there], {"axis": 0})
        for values in (places, best)
    ]
    after = typed(inside.op("ScatterElements", [before, *own], {"axis": 0}), INT64, 1)
    more = typed(inside.op("Identity", [going]), BOOL, 0)
    each = body(inside, [step, going, before], [more, after], f"groups.{len(tape.nodes)}")
    count = tape.op("Squeeze", [tape.op("Shape", [groups])])
    none = tape.op("Expand", [scalar(tape, 0), tape.op("Shape", [nodes], {"start": 0, "end": 1})])
    return typed(tape.op("Loop", [count, None, none], {"body": each}), INT64, 1)


def _best(tape: Tape, candidates: ir.Value, words: ir.Value, width: ir.Value) -> ir.Value:
    """Return the column of the piece that is taken at each symbol, int64 [L, G], for scores of pieces [L, G, W].

    `words` is int64 [1]. The state are the sums of the last W symbols of each word.
    """
    inside = Tape()
    sums, scores = ir.val("sums", dtype=DOUBLE, shape=(None, None)), ir.val("scores", dtype=DOUBLE, shape=(None, None))
    ways = inside.op("Add", [sums, scores])
    best = inside.op("ReduceMax", [ways, integers(inside, [1])], {"keepdims": 1})
    column = typed(inside.op("ArgMax", [ways], {"axis": 1, "keepdims": 0}), INT64, 1)
    rest = inside.op("Slice", [sums, integers(inside, [1]), integers(inside, [LAST]), integers(inside, [1])])
    after = typed(inside.op("Concat", [rest, best], {"axis": 1}), DOUBLE, 2)
    each = body(inside, [sums, scores], [after, column], "ways")
    nothing, zero = (tape.op("Constant", [], {"value": ir.tensor(np.array(value))}) for value in (-np.inf, 0.0))
    before = tape.op("Concat", [words, _vector(tape, tape.op("Sub", [width, scalar(tape, 1)]))], {"axis": 0})
    beginning = tape.op("Expand", [zero, tape.op("Concat", [words, integers(tape, [1])], {"axis": 0})])
    first = typed(tape.op("Concat", [tape.op("Expand", [nothing, before]), beginning], {"axis": 1}), DOUBLE, 2)
    attributes: dict[str, ir.Graph | int] = {"body": each, "num_scan_inputs": 1}
    _, columns = tape.op_multi_out("Scan", [first, candidates], attributes, num_outputs=2)
    return typed(columns, INT64, 2)


def _group(tape: Tape, sizes: ir.Value) -> ir.Value:
    """Return the group of each word, int64 [M]: how many of the bounds it reaches; of all of them, one of its own."""
    reaches = [tape.op("GreaterOrEqual", [sizes, scalar(tape, bound)]) for bound in _BOUNDS]
    above = [tape.op("Cast", [value], {"to": INT64.value}) for value in reaches]
    numbers = tape.op("Mul", [tape.op("CumSum", [above[-1], scalar(tape, 0)]), above[-1]])
    return typed(tape.op("Add", [tape.op("Add", above[:-1]), numbers]), INT64, 1)


def _letters(tape: Tape, sizes: ir.Value) -> ir.Value:
    """Return the places in the longest of some words, int64 [L]."""
    longest = tape.op("ReduceMax", [sizes], {"keepdims": 0})
    return tape.op("Range", [scalar(tape, 0), longest, scalar(tape, 1)])


def _vector(tape: Tape, number: ir.Value) -> ir.Value:
    return tape.op("Reshape", [number, integers(tape, [1])])


def _fused(tape: Tape, ids: ir.Value, owners: ir.Value, unknown: int) -> tuple[ir.Value, ir.Value]:
    """Return pieces of which those that are none (-1) are unknown, neighbours in a word together."""
    none = tape.op("Equal", [ids, scalar(tape, -1)])
    # A number for each word, with another sign where a piece is none: equal to that before it, it goes on.
    signed = tape.op("Where", [none, tape.op("Sub", [scalar(tape, -2), owners]), owners])
    last = tape.op("Slice", [signed, integers(tape, [0]), integers(tape, [-1])])
    before = tape.op("Concat", [integers(tape, [-1]), last], {"axis": 0})
    further = tape.op("And", [none, tape.op("Equal", [signed, before])])
    kept = tape.op("Not", [further])
    known = tape.op("Where", [none, scalar(tape, unknown), ids])
    found, of = (tape.op("Compress", [values, kept], {"axis": 0}) for values in (known, owners))
    return typed(found, INT64, 1), typed(of, INT64, 1)
