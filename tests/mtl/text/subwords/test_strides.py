"""Strings as tables: what they lead to is what the strings say, however many symbols a table takes."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from onnx_ir.tape import Tape

from benchmarks.fuzz import session
from mtl.text.subwords import strides
from mtl.text.subwords.matching_graph import matches
from mtl.text.subwords.strides import Strides

STRINGS = some.sets(some.lists(some.integers(2, 4), min_size=1, max_size=9).map(tuple), min_size=1, max_size=12)


def found(tables: Strides, symbols: list[int]) -> list[list[int]]:
    """Return the numbers of the strings that begin at each symbol, by their lengths, -1 for none."""
    given_symbols = ir.val("symbols", dtype=ir.DataType.INT64, shape=("P",))
    graph = session([given_symbols], lambda tape: {"nodes": matches(tape, given_symbols, tables)})
    (nodes,) = graph.run(None, {"symbols": np.array(symbols, np.int64)})
    return tables.ends[nodes].tolist()  # type: ignore[no-any-return]


@pytest.mark.parametrize("most", [1, 2, 6])
@settings(max_examples=40, deadline=None)
@given(strings=STRINGS, symbols=some.lists(some.integers(1, 4), min_size=1, max_size=20))
def test_every_match_is_found(most: int, strings: set[tuple[int, ...]], symbols: list[int]) -> None:
    listed = sorted(strings)
    before, strides._MOST = strides._MOST, most
    try:
        tables = Strides.of(listed, 5)
    finally:
        strides._MOST = before
    rows = found(tables, symbols)
    for start, row in enumerate(rows):
        for length, number in enumerate(row, 1):
            wanted = tuple(symbols[start : start + length])
            whole = len(wanted) == length
            assert number == (listed.index(wanted) if whole and wanted in strings else -1)
        for longer in strings:
            if len(longer) > len(row):
                assert tuple(symbols[start : start + len(longer)]) != longer


def test_the_longest_string_on_the_way() -> None:
    tables = Strides.of([[2], [2, 3, 4], [3, 3]], 5)
    numbers, lengths = tables.longest()
    by_node = dict(zip(tables.ends.tolist(), zip(numbers.tolist(), lengths.tolist(), strict=True), strict=True))
    assert (by_node[0], by_node[1], by_node[2]) == ((0, 1), (1, 3), (2, 2))
    (between,) = [node for node in range(1, len(tables.ends)) if tables.ends[node] < 0 and tables.before[node] == 1]
    assert (numbers[between], lengths[between]) == (0, 1)


def test_numbers_stay_below_what_64_bits_hold() -> None:
    for radix in (3, 300, 70_000):
        tables = Strides.of([[radix - 1] * 12], radix)
        for keys, width in ((tables.starts[0], tables.first), (tables.steps[0], tables.further)):
            assert (keys > 0).all()
            assert len(tables.ends) * radix**width < 2**63 or width == tables.first
        assert found(tables, [radix - 1] * 12)[0][11] == 0


def test_a_tape_without_further_strides_has_no_loop() -> None:
    tape = Tape()
    matches(tape, ir.val("symbols", dtype=ir.DataType.INT64, shape=("P",)), Strides.of([[2, 3]], 4))
    assert "Loop" not in {node.op_type for node in tape.nodes}
