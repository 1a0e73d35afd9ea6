"""What is found where a file of text was expected: a pipe, or a file of another kind, known by its first bytes."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import NamedTuple

LOOKED_AT = 16  # bytes at a file's beginning that say which kind it is of


class Kind(NamedTuple):
    """A kind of file that is no lines of text; `advice` says how to make such lines of it."""

    name: str
    advice: str

    def __str__(self) -> str:
        return f"{self.name}. {self.advice}"


_TABLE = "Write its rows as lines of text."
_KINDS = {  # by the first bytes, with one among them that no text begins with
    b"\x1f\x8b": Kind("gzip", "Unpack it first (gunzip)."),
    b"BZh91AY&SY": Kind("bzip2", "Unpack it first (bunzip2)."),
    b"\xfd7zXZ\0": Kind("xz", "Unpack it first (unxz)."),
    b"\x28\xb5\x2f\xfd": Kind("zstd", "Unpack it first (unzstd)."),
    b"PK\x03\x04": Kind("a zip archive", "Unpack it first; of a workbook (.xlsx) save the sheet as lines of text."),
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": Kind("an Excel workbook", "Save the sheet as lines of text."),
    b"PAR1\x15": Kind("Parquet", _TABLE),
    b"ARROW1\0\0": Kind("Arrow IPC", _TABLE),
    b"\xff\xff\xff\xff": Kind("a stream of Arrow IPC", _TABLE),
    b"SQLite format 3\0": Kind("a database of SQLite", _TABLE),
}


def stream(path: Path) -> str | None:
    """Return `a pipe` (or a socket, a device) for what can be read once only, None for all else; opens nothing.

    Opening a named pipe would wait for a writer, for ever where none comes.
    """
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return None
    kinds = {"a pipe": stat.S_ISFIFO, "a socket": stat.S_ISSOCK, "a device": stat.S_ISCHR}
    return next((kind for kind, is_one in kinds.items() if is_one(mode)), None)


def packed(begin: bytes) -> Kind | None:
    """Return which kind a file that begins so is of, None where it may be text.

    >>> str(packed(b"\\x1f\\x8b\\x08\\0")), packed(b"play music")
    ('gzip. Unpack it first (gunzip).', None)
    """
    return next((kind for first, kind in _KINDS.items() if begin.startswith(first)), None)
