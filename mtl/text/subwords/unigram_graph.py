"""The pieces of a word whose scores have the highest sum, inside the graph (Kudo, 2018, section 3.1).

The best way to each symbol goes over a piece that ends there: symbol after symbol, for words of similar lengths at
once. Sums are those of the package `tokenizers`, in double precision and in its order; of equal ones the longest piece
is taken. Symbols that no piece has are one unknown piece together.

Dimensions: M words, P symbols of all words, W symbols of the longest piece there is, K pieces; of a group G words, the
longest of L symbols.
"""

from __future__ import annotations

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
from .strides import Strides
from .symbols_graph import Symbols, symbols
from .walk_graph import counted, reached

BOOL, DOUBLE = ir.DataType.BOOL, ir.DataType.DOUBLE
PENALTY = 10.0  # of an unknown symbol, below the lowest score
_BOUNDS = (32, 250, 1000)  # words of symbols up to one of them are looked at together, each longer one by itself


class UnigramTables(NamedTuple):
    """Pieces as tables: id and score of the piece at each node; -1 and minus infinity where there is none."""

    alphabet: Alphabet
    strides: Strides
    ids: NDArray[np.int64]
    scores: NDArray[np.float64]
    unknown: int
    unknown_score: float

    @classmethod
    def of(
        cls, pieces: Sequence[tuple[str, int, float]], alphabet: Alphabet, unknown: int, lowest: float
    ) -> UnigramTables:
        """Return the tables of pieces with their ids and scores; `lowest` is the lowest score of the vocabulary."""
        strides = Strides.of([alphabet.spelled(piece) for piece, _, _ in pieces], alphabet.size)
        ids = np.array([own for _, own, _ in pieces] + [-1], np.int64)
        scores = np.array([score for _, _, score in pieces] + [-np.inf], np.float64)
        return cls(alphabet, strides, ids[strides.ends], scores[strides.ends], unknown, lowest - PENALTY)


def piece_ids(tape: Tape, words: ir.Value, tables: UnigramTables) -> tuple[ir.Value, ir.Value]:
    """Return the ids of the pieces of words (string [M]), int64 [K], and the number of the word of each."""
    found = symbols(tape, words, tables.alphabet)
    along = matches(tape, found.values, tables.strides)
    width = tape.op("Squeeze", [tape.op("Shape", [along], {"start": 1, "end": 2})])
    nodes = _by_ends(tape, along, width)
    scores = _scores(tape, nodes, width, tables)
    count = tape.op("Shape", [words])
    sizes = counted(tape, found.owners, count)
    starts = tape.op("CumSum", [sizes, scalar(tape, 0)], {"exclusive": 1})
    lengths = _lengths(tape, scores, width, sizes, typed(starts, INT64, 1), found)

    places = range_of(tape, found.values)
    before = tape.op("Sub", [places, lengths])
    inside = tape.op("GreaterOrEqual", [before, tape.op("Gather", [starts, found.owners])])
    last = tape.op("Equal", [places, tape.op("Gather", [tape.op("Sub", [tape.op("Add", [starts, sizes]), scalar(tape, 1)]), found.owners])])
    jumps = typed(tape.op("Where", [inside, before, tape.op("Shape", [places])]), INT64, 1)
    kept = reached(tape, jumps, typed(last, BOOL, 1))
    column = tape.op("Unsqueeze", [tape.op("Sub", [width, lengths]), integers(tape, [1])])
    piece = tape.op("Squeeze", [tape.op("GatherElements", [nodes, column], {"axis": 1}), integers(tape, [1])])
    ids = table(tape, tables.ids, tape.op("Compress", [piece, kept], {"axis": 0}))
    owners = typed(tape.op("Compress", [found.owners, kept], {"axis": 0}), INT64, 1)
    return _fused(tape, typed(ids, INT64, 1), owners, tables.unknown)


def _by_ends(tape: Tape, along: ir.Value, width: ir.Value) -> ir.Value:
    """Return nodes by the symbols that they end with, [P, W], those of most symbols first, for those by the first."""
    one = scalar(tape, 1)
    less = tape.op("Sub", [width, one])
    above = tape.op("Concat", [tape.op("Reshape", [width, integers(tape, [1])]), integers(tape, [0, 0, 0])], {"axis": 0})
    flat = tape.op("Reshape", [tape.op("Pad", [along, above]), integers(tape, [-1])])
    columns = tape.op("Range", [one, tape.op("Add", [width, one]), one])
    rows = tape.op("Add", [range_of(tape, tape.op("Gather", [along, scalar(tape, 0)], {"axis": 1})), one])
    first = tape.op("Unsqueeze", [tape.op("Mul", [rows, width]), integers(tape, [1])])
    # What ends in row p and has W - c symbols begins W - c - 1 rows before it.
    return typed(tape.op("Gather", [flat, tape.op("Add", [first, tape.op("Mul", [columns, less])])]), INT64, 2)


def _scores(tape: Tape, nodes: ir.Value, width: ir.Value, tables: UnigramTables) -> ir.Value:
    """Return the scores of pieces, double [P, W]; a symbol that is none by itself has that of an unknown one."""
    found = table(tape, tables.scores, nodes)
    columns = tape.op("Range", [scalar(tape, 1), tape.op("Add", [width, scalar(tape, 1)]), scalar(tape, 1)])
    single = tape.op("Equal", [columns, width])
    unknown = tape.op("Constant", [], {"value": ir.tensor(np.array(tables.unknown_score))})
    return typed(tape.op("Where", [tape.op("And", [single, tape.op("IsInf", [found])]), unknown, found]), DOUBLE, 2)


def _lengths(
    tape: Tape, scores: ir.Value, width: ir.Value, sizes: ir.Value, starts: ir.Value, found: Symbols
) -> ir.Value:
    """Return the length of the piece that the best way to each symbol ends with, int64 [P]."""
    group = _group(tape, sizes)
    (groups, *_) = tape.op_multi_out("Unique", [group], {"sorted": 1}, num_outputs=1)
    inside = Tape()
    step, going = ir.val("step", dtype=INT64, shape=()), ir.val("going", dtype=BOOL, shape=())
    before = ir.val("lengths", dtype=INT64, shape=(None,))
    same = inside.op("Equal", [group, inside.op("Gather", [groups, step])])
    own_starts, own_sizes = (inside.op("Compress", [values, same], {"axis": 0}) for values in (starts, sizes))
    longest = inside.op("ReduceMax", [own_sizes], {"keepdims": 0})
    letters = inside.op("Unsqueeze", [_range(inside, longest), integers(inside, [1])])
    places = inside.op("Add", [letters, own_starts])  # [L, G]
    there = inside.op("Less", [letters, own_sizes])
    end = inside.op("Sub", [inside.op("Shape", [before]), integers(inside, [1])])
    candidates = inside.op("Gather", [scores, inside.op("Min", [places, end])])
    columns = _best(inside, typed(candidates, DOUBLE, 3), inside.op("Shape", [own_sizes]), width)
    flat = (
        inside.op("Compress", [inside.op("Reshape", [values, integers(inside, [-1])]), inside.op("Reshape", [there, integers(inside, [-1])])], {"axis": 0})
        for values in (places, inside.op("Sub", [width, columns]))
    )
    after = typed(inside.op("ScatterElements", [before, *flat], {"axis": 0}), INT64, 1)
    more = typed(inside.op("Identity", [going]), BOOL, 0)
    each = body(inside, [step, going, before], [more, after], f"groups.{len(tape.nodes)}")
    count = tape.op("Squeeze", [tape.op("Shape", [groups])])
    none = typed(tape.op("Mul", [found.owners, scalar(tape, 0)]), INT64, 1)
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
    last = integers(inside, [np.iinfo(np.int64).max])
    rest = inside.op("Slice", [sums, integers(inside, [1]), last, integers(inside, [1])])
    after = typed(inside.op("Concat", [rest, best], {"axis": 1}), DOUBLE, 2)
    each = body(inside, [sums, scores], [after, column], "ways")
    nothing, zero = (tape.op("Constant", [], {"value": ir.tensor(np.array(value))}) for value in (-np.inf, 0.0))
    before = tape.op("Concat", [words, tape.op("Reshape", [tape.op("Sub", [width, scalar(tape, 1)]), integers(tape, [1])])], {"axis": 0})
    beginning = tape.op("Expand", [zero, tape.op("Concat", [words, integers(tape, [1])], {"axis": 0})])
    first = typed(tape.op("Concat", [tape.op("Expand", [nothing, before]), beginning], {"axis": 1}), DOUBLE, 2)
    attributes = {"body": each, "num_scan_inputs": 1}
    _, columns = tape.op_multi_out("Scan", [first, candidates], attributes, num_outputs=2)
    return typed(columns, INT64, 2)


def _group(tape: Tape, sizes: ir.Value) -> ir.Value:
    """Return the group of each word, int64 [M]: how many of the bounds it reaches; of all of them, one of its own."""
    above = [tape.op("Cast", [tape.op("GreaterOrEqual", [sizes, scalar(tape, bound)])], {"to": INT64.value}) for bound in _BOUNDS]
    numbers = tape.op("Mul", [tape.op("CumSum", [above[-1], scalar(tape, 0)]), above[-1]])
    return typed(tape.op("Add", [tape.op("Add", above[:-1]), numbers]), INT64, 1)


def _range(tape: Tape, count: ir.Value) -> ir.Value:
    return tape.op("Range", [scalar(tape, 0), count, scalar(tape, 1)])


def _fused(tape: Tape, ids: ir.Value, owners: ir.Value, unknown: int) -> tuple[ir.Value, ir.Value]:
    """Return pieces of which those that are none (-1) are unknown, neighbours in a word together."""
    none = tape.op("Equal", [ids, scalar(tape, -1)])
    # A number for each word, with another sign where a piece is none: equal to that before it, it goes on.
    signed = tape.op("Where", [none, tape.op("Sub", [scalar(tape, -2), owners]), owners])
    before = tape.op("Concat", [integers(tape, [-1]), tape.op("Slice", [signed, integers(tape, [0]), integers(tape, [-1])])], {"axis": 0})
    further = tape.op("And", [none, tape.op("Equal", [signed, before])])
    kept = tape.op("Not", [further])
    known = tape.op("Where", [none, scalar(tape, unknown), ids])
    found, of = (tape.op("Compress", [values, kept], {"axis": 0}) for values in (known, owners))
    return typed(found, INT64, 1), typed(of, INT64, 1)
