"""Lines of standard input (or of a file that an option names) as text, and what is no text in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..base.encodings import wide_text
from ..base.errors import DataError, Fault, counted
from ..base.file_kinds import LOOKED_AT
from ..base.line_ends import without_end

BYTE_ORDER_MARK = "\ufeff"
_WRITE_IT = "Write it as utf-8."


@dataclass
class Undecoded:
    """What was no text in some lines: how many of them, and the first place."""

    lines: int = 0
    first: str = ""

    def add(self, line: int, column: int, byte: int) -> None:
        """Count a line."""
        self.lines += 1
        self.first = self.first or f"line {line}, column {column}, the byte 0x{byte:02x}"

    def warning(self, name: str) -> Fault | None:
        """Return what to say of a stream of this name; None where all of it was text."""
        if not self.lines:
            return None
        lines = f"{counted(self.lines, 'line')} {'is' if self.lines == 1 else 'are'}"
        first = self.first if self.lines == 1 else f"the first: {self.first}"
        return Fault(f"{lines} not utf-8 text, and read with U+FFFD for what is none ({first}). {_WRITE_IT}", name)


def decoded(lines: Iterable[bytes], name: str, undecoded: Undecoded | None = None) -> Iterator[str]:
    """Yield lines as text: UTF-8, without line end and byte-order mark.

    Raises `DataError`, which calls the stream by its `name`, at a line that is none; where what is `undecoded` is
    counted, U+FFFD is in its place, but for a stream of another encoding, which its first bytes show.
    """
    for number, line in enumerate(lines, 1):
        wide = wide_text(line[:LOOKED_AT]) if number == 1 else None
        if wide is not None:
            message = f"should be utf-8 text. Found {wide.shown_by}. {_WRITE_IT}"
            raise DataError(Fault(message, name, number))
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as error:
            before = line[: error.start].decode("utf-8")
            column = len(before.removeprefix(BYTE_ORDER_MARK) if number == 1 else before) + 1
            if undecoded is None:
                message = f"should be utf-8 text. Found the byte 0x{line[error.start]:02x}. {_WRITE_IT}"
                raise DataError(Fault(message, name, number, f"column {column}")) from error
            undecoded.add(number, column, line[error.start])
            text = line.decode("utf-8", errors="replace")
        text = without_end(text)
        yield text.removeprefix(BYTE_ORDER_MARK) if number == 1 else text


def half(text: str) -> str | None:
    """Return the first half of a surrogate pair in a text, as messages show it; None where every character is one.

    >>> half("caf\u00e9"), half("a\\ud800b")
    (None, 'U+D800, character 2 of 3')
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        return f"U+{ord(text[error.start]):04X}, character {error.start + 1} of {len(text)}"
    return None
