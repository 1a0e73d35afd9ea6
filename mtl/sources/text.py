"""Lines of text files: decoded one by one, so that an undecodable byte is reported with its line and column."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..base.encodings import is_wide, likely, wide_text
from ..base.errors import DataError, Fault, Wording
from ..base.file_kinds import LOOKED_AT, packed
from ..base.line_ends import without_end
from ..base.unpacking import to_the_end, unpacked
from .base import open_binary
from .other_kinds import TEXT, other_kind

NO_NULL = "This format has no mark for it: use 'format: jsonl', and write null for it in a list of tags."


def read_lines(path: Path, encoding: str, *, undecoded: list[Fault] | None = None) -> Iterator[tuple[int, str | Fault]]:
    r"""Yield (line number, line without its end) of a text file, or a `Fault` for a line that cannot be decoded.

    Lines end with `\n` or `\r\n` and with nothing else: a lone `\r` is white space, a form feed or U+2028 is text. A
    byte-order mark is stripped. NUL is a character like others. A file that gzip has packed is unpacked as it is read.
    Raises `DataError` for a path that cannot be read, a file of 0 bytes, one that begins as text in
    another encoding does, and a packed one that is damaged. Where there is a list for what is `undecoded`, a fault goes
    there, and its line is yielded with lone surrogates for the bytes that are not text.
    """
    return to_the_end(path, _read_lines(path, encoding, undecoded))


def _read_lines(path: Path, encoding: str, undecoded: list[Fault] | None) -> Iterator[tuple[int, str | Fault]]:
    with open_binary(path) as file:
        stream = unpacked(file)
        begin = stream.peek(LOOKED_AT)
        if not begin:
            raise DataError(Fault("should have rows. Found an empty file.", file=str(path)))
        fault_if_packed(path, begin, encoding, rows=True)
        if not is_wide(encoding):
            fault_if_wide(path, begin, encoding)
        lines: Iterable[str | bytes] = _wide(path, stream, encoding) if is_wide(encoding) else stream
        for number, line in enumerate(lines, start=1):
            text = line if isinstance(line, str) else decode_line(path, number, line, encoding)
            if isinstance(text, Fault) and undecoded is not None and isinstance(line, bytes):
                undecoded.append(text)
                text = line.decode(encoding, errors="surrogateescape")
            if isinstance(text, str):
                text = without_end(text)
                if number == 1:
                    text = text.removeprefix("\ufeff")
            yield number, text


def fault_if_wide(path: Path, begin: bytes, encoding: str, advice: str | None = None) -> None:
    """Raise `DataError` where a file's first bytes are those of text in UTF-16 or UTF-32."""
    found = wide_text(begin)
    if found:
        name_it = f"If the file is written in {found.name}, name it: 'encoding: {found.encoding}'."
        message = f"should be {encoding} text. Found {found.shown_by}. {advice or name_it}"
        raise DataError(Fault(message, file=str(path)))


def fault_if_packed(path: Path, begin: bytes, encoding: str, *, rows: bool) -> None:
    """Raise `DataError` where a file's first bytes are those of a packed file or of a table that is no text.

    `rows` says whether a source's rows are in the file: in that place another format may be named.
    """
    found = other_kind(begin, (TEXT,)) if rows else packed(begin)
    if found:
        raise DataError(Fault(f"should be {encoding} text. Found {found}", file=str(path)))


def decode_line(path: Path, number: int, line: bytes, encoding: str) -> str | Fault:
    """Return a line as text, or a `Fault` that says where it is none."""
    try:
        return line.decode(encoding)
    except UnicodeDecodeError as error:
        before = line[: error.start].decode(encoding)
        column = len(before.removeprefix("\ufeff") if number == 1 else before) + 1
        other = likely(line, encoding)
        wrong = Wording(
            f"should be {encoding} text",
            f"the byte 0x{line[error.start]:02x}",
            "If the file is written in another encoding, name it"
            + (" under 'encoding'." if other is None else f": 'encoding: {other}'."),
        )
        return wrong.fault(str(path), number, f"column {column}")


def _wide(path: Path, stream: io.BufferedReader, encoding: str) -> Iterator[str]:
    number = 0
    try:
        with io.TextIOWrapper(stream, encoding=encoding, newline="\n") as lines:
            for number, line in enumerate(lines, start=1):  # noqa: B007  # reported when the next line fails
                yield line
    except UnicodeError as error:
        # The decoder works ahead of the lines: more than "after this line" is not known, and nothing can be skipped.
        message = f"should be {encoding} text. Found other bytes, somewhere after line {number}."
        raise DataError(Fault(message, file=str(path))) from error
