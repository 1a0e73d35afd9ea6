"""Text files that gzip has packed: unpacked as a stream, while their lines are read."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from ..base.errors import DataError, Fault

_BEGIN = b"\x1f\x8b"  # of every member of a gzip file (RFC 1952, section 2.3.1)
_BLOCK = 1 << 16  # bytes unpacked at a time
_DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile)

Read = TypeVar("Read")


def unpacked(stream: Any) -> io.BufferedReader:
    """Return an open file as its bytes are to be read: those inside where gzip has packed it, whatever its name."""
    if not stream.peek(len(_BEGIN)).startswith(_BEGIN):
        found: io.BufferedReader = stream
        return found
    return io.BufferedReader(gzip.GzipFile(fileobj=stream), _BLOCK)


def to_the_end(path: Path, lines: Iterable[tuple[int, Read]]) -> Iterator[tuple[int, Read]]:
    """Yield numbered lines; raises `DataError` with file and line where what gzip has packed is cut off or damaged."""
    number = 0
    try:
        for number, line in lines:
            yield number, line
    except _DAMAGED as error:
        message = f"should be a gzip file that can be unpacked to its end. Found: {str(error).rstrip('.')}."
        raise DataError(Fault(message, file=str(path), line=number + 1)) from error
