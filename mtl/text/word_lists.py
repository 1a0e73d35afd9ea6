"""The words of a vocabulary from a file: a word per line, or what torchtext has saved."""

from __future__ import annotations

from pathlib import Path

from ..base.encodings import wide_text
from ..base.errors import DataError, Fault
from ..base.file_kinds import LOOKED_AT, packed
from ..base.files import why_unreadable
from ..base.torchtext_files import is_saved, saved_words
from ..base.unpacking import DAMAGED, damaged, unpacked

_BYTE_ORDER_MARK = "\ufeff"


def read_words(path: Path) -> list[str]:
    """Return the words of a file in its order, each once; white space around them and empty lines do not count.

    gzip may have packed the file. Raises `DataError` with the file, and the line of bytes that are not UTF-8.
    """
    reason = why_unreadable(path)
    if reason:
        raise DataError(Fault(f"should be a readable file of words. Found: {reason}.", file=str(path)))
    lines = saved_words(path) if is_saved(path) else _lines(path)
    words = list(dict.fromkeys(stripped for line in lines if (stripped := line.strip())))
    if not words:
        raise DataError(Fault("should hold at least one word. There is none.", file=str(path)))
    return words


def _lines(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            data = unpacked(file).read()
    except DAMAGED as error:
        raise DataError(Fault(damaged(error), file=str(path))) from error
    if kind := packed(data[:LOOKED_AT]):
        raise DataError(Fault(f"should be words as text, one a line. Found {kind}", file=str(path)))
    if wide := wide_text(data[:LOOKED_AT]):
        raise DataError(Fault(f"should be utf-8 text. Found {wide.shown_by}. Write it as utf-8.", file=str(path)))
    try:
        return data.decode("utf-8").removeprefix(_BYTE_ORDER_MARK).split("\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"should be utf-8 text. Found the byte 0x{data[error.start]:02x}. Write it as utf-8."
        raise DataError(Fault(message, file=str(path), line=line)) from error
