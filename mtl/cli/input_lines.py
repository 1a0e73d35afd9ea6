"""The lines of a file that an option names, or of standard input, as bytes and as they come."""

from __future__ import annotations

import os
import select
import stat
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ..base.errors import DataError, Fault, UsageError
from ..base.file_kinds import LOOKED_AT, packed
from ..base.unpacking import DAMAGED, GZIP, Unpacker, damaged

BLOCK = 1 << 18  # bytes that are asked for at once; a pipe gives what it has


@contextmanager
def opened(input: str, option: str = "--input") -> Iterator[BinaryIO]:
    """Open the file that an option names, or standard input for `-`, as bytes.

    Raises `UsageError` for one that cannot be read, or is packed otherwise than by gzip.
    """
    if input == "-":
        if sys.stdin is None:  # its parent process closed it
            raise UsageError(f"{option} should name a file where there is no standard input. It names none.")
        fault_if_packed(sys.stdin.buffer, f"{option} '-'")
        yield sys.stdin.buffer
        return
    try:
        stream = Path(input).open("rb")  # noqa: SIM115  # closed below; only opening it is the user's fault
    except OSError as error:
        raise UsageError(f"{option} '{input}' should be a file that can be read. Found: {error.strerror}.") from error
    with stream:
        fault_if_packed(stream, f"{option} '{input}'")
        yield stream


def fault_if_packed(stream: BinaryIO, name: str) -> None:
    """Raise `UsageError` for a file that begins as a packed one does, or a table that is no text; nothing is read.

    What gzip has packed is unpacked as it is read.
    """
    handle = stream.fileno()
    if stat.S_ISREG(os.fstat(handle).st_mode):
        begin = os.pread(handle, LOOKED_AT, os.lseek(handle, 0, os.SEEK_CUR))
        if not begin.startswith(GZIP):
            fault_if_begins_packed(begin, name)


def fault_if_begins_packed(begin: bytes, name: str) -> None:
    """Raise `UsageError` for first bytes that are those of a packed file, or of a table that is no text."""
    found = packed(begin)
    if found:
        raise UsageError(f"{name} should be lines of text, or JSON lines. Found {found}")


class StreamLines:
    """The lines of an open stream, as bytes with their ends, and whether the next one is there already.

    What gzip has packed is unpacked. Reading raises `UsageError`, which calls the stream by its `name`, where it begins
    as a file does that is packed otherwise, and `DataError` where what gzip has packed is cut off or damaged.
    """

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._stream = stream
        self._name = name
        self._held = b""  # the first byte, where it alone does not say whether gzip has packed the rest
        self._unpacker: Unpacker | None = None
        self._first = b""  # what a kind of file is known by
        self._whole: deque[bytes] = deque()
        self._begun: list[bytes] = []  # what was read of the line after them
        self._ended = False
        self.read = 0  # bytes
        self._slow = not stat.S_ISREG(os.fstat(stream.fileno()).st_mode)  # a file never keeps its reader waiting

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        while not self._whole and not self._ended:
            self._read()
        if not self._whole:
            raise StopIteration
        return self._whole.popleft()

    def waiting(self) -> bool:
        """Return whether the writer of a pipe (or a person) has yet to write the next line, or to end."""
        while self._slow and not self._whole and not self._ended:
            pending = self._unpacker is not None and self._unpacker.pending
            if not pending and not select.select([self._stream], [], [], 0)[0]:
                return True
            self._read()
        return False

    def share(self) -> float | None:
        """Return how much of a file is read, 0 to 1; None where its size is not known."""
        size = 0 if self._slow else os.fstat(self._stream.fileno()).st_size
        return min(1.0, self.read / size) if size else None

    def _read(self) -> None:
        """Read what comes next, and take the lines from it."""
        if self._unpacker is not None and self._unpacker.pending:
            self._take(self._unpacked(self._unpacker, b""))
            return
        block = os.read(self._stream.fileno(), BLOCK)
        self.read += len(block)
        self._ended = not block
        if self._unpacker is None and not self._first:
            block, self._held = self._held + block, b""
            if block != GZIP and GZIP.startswith(block) and not self._ended:
                self._held = block
                return
            if block.startswith(GZIP):
                self._unpacker = Unpacker()
        self._take(block if self._unpacker is None else self._unpacked(self._unpacker, block))

    def _unpacked(self, unpacker: Unpacker, packed: bytes) -> bytes:
        try:
            unpacker.feed(packed)
            if self._ended:
                unpacker.end()
            return unpacker.block()
        except DAMAGED as error:
            self._ended = True
            raise DataError(Fault(f"{self._name} {damaged(error)}")) from error

    def _take(self, block: bytes) -> None:
        """Take the lines from the next bytes of text, at the end what was begun of the last one."""
        if len(self._first) < LOOKED_AT:
            self._first += block[: LOOKED_AT - len(self._first)]
            fault_if_begins_packed(self._first, self._name)
        *ends, begun = block.split(b"\n")
        for end in ends:
            self._whole.append(b"".join([*self._begun, end, b"\n"]))
            self._begun.clear()
        if begun:
            self._begun.append(begun)
        if self._ended:
            self._whole.extend([b"".join(self._begun)] if self._begun else [])
