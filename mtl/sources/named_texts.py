"""A file of named texts, found by name without being held in memory: queries or documents, one per line.

What a line holds, see `mtl.text.named_lines`. Empty lines are left out.
"""

from __future__ import annotations

import hashlib
import mmap
from array import array
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..base.errors import DataError, Fault, Wording
from ..base.file_kinds import LOOKED_AT
from ..base.line_ends import without_end
from ..base.unpacking import sought_in
from ..text.named_lines import JSON_ENDINGS, NamedText, from_fields, from_json, repeated
from .base import open_binary
from .text import decode_line, fault_if_packed, fault_if_wide

_BOM = b"\xef\xbb\xbf"


class NamedTexts:
    """The texts of a file by their names; of each, 16 bytes are kept that say where it is.

    What gzip has packed is unpacked into a temporary file, in which texts are looked up.

    `faults` are the lines that cannot be read, and those that name a text again (the first one counts). Raises
    `DataError` for a file that cannot be read or is empty.
    """

    def __init__(self, path: Path, encoding: str) -> None:
        self.path = path
        self.encoding = encoding
        self.faults: list[Fault] = []
        with open_binary(path) as packed, sought_in(packed, path) as file:
            if not file.peek(1):
                raise DataError(Fault("should have rows. Found an empty file.", file=str(path)))
            fault_if_packed(path, file.peek(LOOKED_AT), encoding, rows=False)
            fault_if_wide(path, file.peek(LOOKED_AT)[:LOOKED_AT], encoding, "Write it as utf-8.")
            self._file = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        begin = self._file[:1024].removeprefix(_BOM).lstrip()
        self._json = path.suffix.lower() in JSON_ENDINGS or begin.startswith(b"{")
        self._digests, self._offsets = self._scanned()

    def text(self, name: str) -> str | None:
        """Return a text by its name, None where no line has that name."""
        wanted = _digest(name)
        at = int(np.searchsorted(self._digests, wanted))
        while at < len(self._digests) and self._digests[at] == wanted:  # two names of one digest, by chance
            found = self._at(int(self._offsets[at]))
            if found[0] == name:
                return found[1]
            at += 1
        return None

    def __len__(self) -> int:
        """Return the number of texts."""
        return len(self._digests)

    def _scanned(self) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Read the file once; return the digests of all names, sorted, and where each one's line begins."""
        digests, offsets, offset = array("Q"), array("q"), 0
        for number, line in enumerate(iter(self._file.readline, b""), start=1):
            if line.strip():
                found = self._read(line, offset, number)
                if isinstance(found, Fault):
                    self.faults.append(found)
                else:
                    digests.append(_digest(found[0]))
                    offsets.append(offset)
            offset += len(line)
        keys, places = np.array(digests, np.uint64), np.array(offsets, np.int64)
        order = np.argsort(keys, kind="stable")
        keys, places = keys[order], places[order]
        for at in np.flatnonzero(keys[1:] == keys[:-1]).tolist():
            self._note_if_repeated(int(places[at]), int(places[at + 1]))
        return keys, places

    def _note_if_repeated(self, earlier: int, later: int) -> None:
        name = self._at(later)[0]
        if name == self._at(earlier)[0]:
            wrong = repeated(name, self._line(earlier))
            self.faults.append(wrong.fault(str(self.path), self._line(later)))

    def _line(self, offset: int) -> int:
        """Return the number of the line that begins at an offset; reads all before it, as only faults need it."""
        return 1 + self._file[:offset].count(b"\n")

    def _at(self, offset: int) -> NamedText:
        """Return the name and text of a line that was read before."""
        self._file.seek(offset)
        found = self._read(self._file.readline(), offset, 0)
        if isinstance(found, Fault):
            raise DataError(Fault("should not change while it is read. Found other content.", file=str(self.path)))
        return found

    def _read(self, line: bytes, offset: int, number: int) -> NamedText | Fault:
        """Return the name and text of a line, or what is wrong with it."""
        text = decode_line(self.path, number, line if offset else line.removeprefix(_BOM), self.encoding)
        if isinstance(text, Fault):
            return text
        text = without_end(text)
        found = from_json(text) if self._json else from_fields(text)
        return found.fault(str(self.path), number) if isinstance(found, Wording) else found


def _digest(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
