"""The longest pieces of a word, one after another, inside the graph (Wu et al., 2016; as in BERT, Devlin et al., 2019).

Symbols that begin a word are others than those within it, and so are the strings that begin with them: pieces within a
word are the same strings without them.

Dimensions: M words, P symbols of all words, K pieces.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray
from onnx_ir.tape import Tape

from ..token_values import INT64, integers, scalar, typed
from .alphabet import Alphabet
from .matching_graph import matches, range_of, table
from .reading import loaded
from .strides import Strides
from .symbols_graph import symbols
from .walk_graph import counted, reached

BOOL = ir.DataType.BOOL


class WordPieceTables(NamedTuple):
    """Pieces as tables: `ids` and `lengths` of the longest piece on the way to each node; -1 and 0 where there is none.

    A word of more than `most` characters is `unknown`, as is one that pieces do not cover.
    """

    alphabet: Alphabet
    strides: Strides
    ids: NDArray[np.int64]
    lengths: NDArray[np.int64]
    unknown: int
    most: int

    @classmethod
    def of(
        cls, entries: Mapping[str, int], alphabet: Alphabet, prefix: str, unknown: int, most: int
    ) -> WordPieceTables:
        """Return the tables of a vocabulary, in which pieces within a word have a prefix."""
        strings: list[list[int]] = []
        ids: list[int] = []
        for piece, own in entries.items():
            if piece:
                first, *rest = alphabet.spelled(piece)
                strings.append([first + alphabet.size, *rest])
                ids.append(own)
            if piece.startswith(prefix) and piece != prefix:
                strings.append(alphabet.spelled(piece.removeprefix(prefix)))
                ids.append(own)
        strides = Strides.of(strings, 2 * alphabet.size)
        numbers, lengths = strides.longest()
        return cls(alphabet, strides, np.append(np.array(ids, np.int64), -1)[numbers], lengths, unknown, most)


@functools.lru_cache(maxsize=2)
def tables_of(content: bytes) -> WordPieceTables:
    """Return the tables of a file."""
    read = loaded(content)
    model = read.tree["model"]
    prefix, most = model["continuing_subword_prefix"], model["max_input_chars_per_word"]
    return WordPieceTables.of(read.entries, Alphabet.of(read), prefix, read.vocabulary.unknown, most)


def piece_ids(tape: Tape, words: ir.Value, tables: WordPieceTables) -> tuple[ir.Value, ir.Value]:
    """Return the ids of the pieces of words (string [M]), int64 [K], and the number of the word of each."""
    found = symbols(tape, words, tables.alphabet)
    first = found.first(tape)
    shift = tape.op("Where", [first, scalar(tape, tables.alphabet.size), scalar(tape, 0)])
    along = matches(tape, typed(tape.op("Add", [found.values, shift]), INT64, 1), tables.strides)
    nodes = tape.op("ReduceMax", [along, integers(tape, [1])], {"keepdims": 0})
    lengths = table(tape, tables.lengths, nodes)

    places = range_of(tape, found.values)
    end = tape.op("Shape", [found.values])
    after = tape.op("Add", [places, lengths])
    ends = tape.op("Concat", [first, tape.op("Constant", [], {"value": ir.tensor(np.array([True]))})], {"axis": 0})
    nowhere = tape.op("Equal", [lengths, scalar(tape, 0)])
    stop = tape.op("Or", [tape.op("Gather", [ends, after]), nowhere])
    pieces = reached(tape, typed(tape.op("Where", [stop, end, after]), INT64, 1), first)

    count = tape.op("Shape", [words])
    failed = tape.op("Compress", [found.owners, tape.op("And", [pieces, nowhere])], {"axis": 0})
    bad = tape.op("Greater", [counted(tape, failed, count), scalar(tape, 0)])
    endless = tape.op("Greater", [counted(tape, found.owners, count), scalar(tape, tables.most)])
    unknown = tape.op("Gather", [tape.op("Or", [bad, endless]), found.owners])
    kept = tape.op("And", [pieces, tape.op("Or", [first, tape.op("Not", [unknown])])])
    ids = tape.op("Where", [unknown, scalar(tape, tables.unknown), table(tape, tables.ids, nodes)])
    chosen, owners = (tape.op("Compress", [values, kept], {"axis": 0}) for values in (ids, found.owners))
    return typed(chosen, INT64, 1), typed(owners, INT64, 1)
