"""What a pipe gives in parts and gzip has packed; files are tested with the formats, in `tests/mtl/sources`."""

from __future__ import annotations

import gzip

import pytest

from mtl.base.unpacking import Unpacker

INSIDE = b"play it\n" * 40_000  # more than a block


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_parts_of_any_size_give_what_is_inside(size: int) -> None:
    packed = gzip.compress(INSIDE) + bytes(3) + gzip.compress(b"and more")
    unpacker, blocks = Unpacker(), []
    for at in range(0, len(packed), size):
        unpacker.feed(packed[at : at + size])
        while unpacker.pending:
            blocks.append(unpacker.block())
    unpacker.end()
    assert b"".join(blocks) == INSIDE + b"and more"
    assert max(map(len, blocks)) <= 1 << 16


def test_an_end_before_the_end() -> None:
    unpacker = Unpacker()
    unpacker.feed(gzip.compress(b"play")[:-1])
    assert unpacker.block() == b"play"
    with pytest.raises(EOFError) as error:
        unpacker.end()
    assert str(error.value) == "Compressed file ended before the end-of-stream marker was reached"
