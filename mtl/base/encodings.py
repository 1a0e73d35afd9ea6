"""Encodings of text whose characters have two bytes or more, and how a file's first bytes show one."""

from __future__ import annotations

import codecs
from typing import NamedTuple

_MARKS = {  # the longer ones first, as they begin like the shorter
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_CHARACTERS = 2  # at least, that show a pattern of bytes


class WideText(NamedTuple):
    """An encoding of this kind: its name, what Python calls it, and what shows it."""

    name: str
    encoding: str
    shown_by: str


def is_wide(encoding: str) -> bool:
    """Say whether a line end is more than one byte: then bytes cannot be cut into lines before they are decoded."""
    try:
        return b"\n".decode(encoding) != "\n"
    except UnicodeError:
        return True


def wide_text(begin: bytes) -> WideText | None:
    """Return the encoding that a file's first bytes show: a byte-order mark, or Latin letters in two bytes each.

    >>> wide_text("play".encode("utf-16-be")).shown_by, wide_text(b"play")
    ('every second byte 0, as in UTF-16 without a byte-order mark', None)
    """
    for mark, encoding in _MARKS.items():
        if begin.startswith(mark):
            name = encoding.upper()
            return WideText(name, encoding, f"the byte-order mark of {name}")
    count = len(begin) // 2
    for encoding, zero in (("utf-16-le", 1), ("utf-16-be", 0)):
        zeros, others = begin[zero : 2 * count : 2], begin[1 - zero : 2 * count : 2]
        if count >= _CHARACTERS and not any(zeros) and all(others):
            return WideText("UTF-16", encoding, "every second byte 0, as in UTF-16 without a byte-order mark")
    return None


def likely(line: bytes, encoding: str) -> str | None:
    """Return the encoding to try for a line of bytes that are no text in this one, None where none is likely.

    Windows' code page 1252 has letters, quotation marks and dashes at 0x80 to 0x9f, where latin-1 has control
    characters; five bytes have no character in it, and a line with one of them is in neither.

    >>> likely(b"caf\\xe9", "utf-8"), likely(b"It\\x92s", "utf-8"), likely(b"\\x81", "utf-8")
    ('latin-1', 'cp1252', None)
    """
    text = line.decode("utf-8", errors="surrogateescape")
    undecoded = [character for character in text if "\udc80" <= character <= "\udcff"]
    if not undecoded and codecs.lookup(encoding).name != "utf-8":
        return "utf-8"
    if all(character >= "\udca0" for character in undecoded):
        return "latin-1"
    try:
        line.decode("cp1252")
    except UnicodeDecodeError:
        return None
    return "cp1252"
