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

from ..base.errors import UsageError
from ..base.file_kinds import LOOKED_AT, packed

BLOCK = 1 << 18  # bytes that are asked for at once; a pipe gives what it has


@contextmanager
def opened(input: str, option: str = "--input") -> Iterator[BinaryIO]:
    """Open the file that an option names, or standard input for `-`, as bytes; raises `UsageError` if it is packed."""
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
    """Raise `UsageError` for a file that begins as a packed one does, or a table that is no text; nothing is read."""
    handle = stream.fileno()
    if stat.S_ISREG(os.fstat(handle).st_mode):
        fault_if_begins_packed(os.pread(handle, LOOKED_AT, os.lseek(handle, 0, os.SEEK_CUR)), name)


def fault_if_begins_packed(begin: bytes, name: str) -> None:
    """Raise `UsageError` for first bytes that are those of a packed file, or of a table that is no text."""
    found = packed(begin)
    if found:
        raise UsageError(f"{name} should be lines of text, or JSON lines. Found {found}")


class StreamLines:
    """The lines of an open stream, as bytes with their ends, and whether the next one is there already.

    Reading raises `UsageError`, which calls the stream by its `name`, where it begins as a packed file does.
    """

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._stream = stream
        self._name = name
        self._first = b""  # what a kind of file is known by: a pipe may give it in parts
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
            if not select.select([self._stream], [], [], 0)[0]:
                return True
            self._read()
        return False

    def share(self) -> float | None:
        """Return how much of a file is read, 0 to 1; None where its size is not known."""
        size = 0 if self._slow else os.fstat(self._stream.fileno()).st_size
        return min(1.0, self.read / size) if size else None

    def _read(self) -> None:
        block = os.read(self._stream.fileno(), BLOCK)
        self.read += len(block)
        if len(self._first) < LOOKED_AT:
            self._first += block[: LOOKED_AT - len(self._first)]
            fault_if_begins_packed(self._first, self._name)
        *ends, begun = block.split(b"\n")
        for end in ends:
            self._whole.append(b"".join([*self._begun, end, b"\n"]))
            self._begun.clear()
        if begun:
            self._begun.append(begun)
        if not block:
            self._ended = True
            self._whole.extend([b"".join(self._begun)] if self._begun else [])
