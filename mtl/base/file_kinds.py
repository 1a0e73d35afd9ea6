"""What is found where a file of text was expected: a pipe, or a file of another kind, known by its first bytes."""

from __future__ import annotations

import os
import stat
from pathlib import Path

LOOKED_AT = 16  # bytes at a file's beginning that say which kind it is of

_KINDS = (  # the first bytes, what they are, and what to do; each contains a byte that no text begins with
    (b"\x1f\x8b", "gzip", "Unpack it first (gunzip)."),
    (b"BZh91AY&SY", "bzip2", "Unpack it first (bunzip2)."),
    (b"\xfd7zXZ\0", "xz", "Unpack it first (unxz)."),
    (b"\x28\xb5\x2f\xfd", "zstd", "Unpack it first (unzstd)."),
    (b"PK\x03\x04", "a zip archive", "Unpack it first; of a workbook (.xlsx) save the sheet as CSV."),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Excel workbook", "Save the sheet as CSV."),
    (b"PAR1\x15", "Parquet", "A source reads it with 'format: parquet'."),
    (b"ARROW1\0\0", "Arrow IPC", "A source reads it with 'format: ipc'."),
)


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


def packed(begin: bytes) -> str | None:
    """Return what a file that begins so is and what to do with it, None where it may be text.

    >>> packed(b"\\x1f\\x8b\\x08\\0"), packed(b"play music")
    ('gzip. Unpack it first (gunzip).', None)
    """
    return next((f"{kind}. {advice}" for first, kind, advice in _KINDS if begin.startswith(first)), None)
