"""Text that gzip has packed: files unpacked while their lines are read, pipes as they give it."""

from __future__ import annotations

import gzip
import io
import shutil
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from .errors import DataError, Fault

GZIP = b"\x1f\x8b"  # the beginning of every member of a gzip file (RFC 1952, section 2.3.1)
_AS_GZIP = 16  # added to the window's size: header and sum are those of gzip
_BLOCK = 1 << 16  # bytes unpacked at a time
DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile)

Read = TypeVar("Read")


def unpacked(stream: Any) -> io.BufferedReader:
    """Return an open file as its bytes are to be read: those inside where gzip has packed it, whatever its name."""
    if not stream.peek(len(GZIP)).startswith(GZIP):
        found: io.BufferedReader = stream
        return found
    return io.BufferedReader(gzip.GzipFile(fileobj=stream), _BLOCK)


@contextmanager
def sought_in(stream: Any, path: Path) -> Iterator[Any]:
    """Give an open file as one in which a place can be sought: itself, or a temporary file with what gzip has packed.

    Raises `DataError` with the file where what gzip has packed is cut off or damaged.
    """
    inside = unpacked(stream)
    if inside is stream:
        yield stream
        return
    with tempfile.TemporaryFile() as found:
        try:
            shutil.copyfileobj(inside, found)
        except DAMAGED as error:
            raise DataError(Fault(damaged(error), file=str(path))) from error
        found.seek(0)
        yield found


def to_the_end(path: Path, lines: Iterable[tuple[int, Read]]) -> Iterator[tuple[int, Read]]:
    """Yield numbered lines; raises `DataError` with file and line where what gzip has packed is cut off or damaged."""
    number = 0
    try:
        for number, line in lines:
            yield number, line
    except DAMAGED as error:
        raise DataError(Fault(damaged(error), file=str(path), line=number + 1)) from error


def damaged(error: Exception) -> str:
    """Return the sentence for what gzip has packed and is cut off or damaged."""
    return f"should be a gzip file that can be unpacked to its end. Found: {str(error).rstrip('.')}."


class Unpacker:
    """What a pipe gives in parts, and gzip has packed: fed with them, it gives what is inside, a block at a time."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(zlib.MAX_WBITS | _AS_GZIP)
        self._packed = b""
        self._more = False  # whether the last block was full: what is packed may be used up, and more be inside

    @property
    def pending(self) -> bool:
        """Whether there may be more inside of what it was fed with."""
        return self._more or bool(self._packed)

    def feed(self, packed: bytes) -> None:
        """Take the next part."""
        self._packed += packed

    def block(self) -> bytes:
        """Return what comes next, nothing where another part has to be fed first; raises `zlib.error`."""
        if self._member.eof:
            self._packed = self._packed.lstrip(b"\0")  # which may fill up what is between members
            if not self._packed:
                return b""
            self._member = zlib.decompressobj(zlib.MAX_WBITS | _AS_GZIP)
        found = self._member.decompress(self._packed, _BLOCK)
        self._packed = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
        self._more = len(found) == _BLOCK and not self._member.eof
        return found

    def end(self) -> None:
        """Raise `EOFError` where the last part was not the end."""
        if not self._member.eof:
            raise EOFError("Compressed file ended before the end-of-stream marker was reached")
