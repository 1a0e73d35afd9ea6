"""A file of documents to rank, found by their place: identifiers in memory, texts where they are.

One document a line, UTF-8: `.tsv` holds `id<TAB>text`; `.jsonl` (`.json`, `.ndjson`) objects with `_id`, `text` and
perhaps `title` (see `mtl.text.named_lines`), both without counting empty lines; any other file holds the texts
themselves, named by the number of their line.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ..base.encodings import wide_text
from ..base.errors import DataError, Fault, Wording
from ..base.file_kinds import LOOKED_AT, packed, stream
from ..base.line_ends import without_end
from ..text.named_lines import JSON_ENDINGS, NamedText, from_fields, from_json, repeated

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Collection:
    """The documents of a file: `ids` in the order of the file, and each text when it is asked for.

    Invalid UTF-8 is read as U+FFFD. Raises `DataError` naming file and line of a document without identifier or text,
    of an identifier that is there already, and of a file without documents, that cannot be read, or that changes.
    """

    def __init__(self, file: str | Path) -> None:
        self.file = Path(file)
        ending = self.file.suffix.lower()
        self._parser = from_fields if ending == ".tsv" else from_json if ending in JSON_ENDINGS else None
        self.ids: list[str] = []
        starts, offset = [], 0
        digest = hashlib.sha256()
        lines: dict[str, int] = {}
        with self._open() as opened:
            begin = opened.read(LOOKED_AT)
            opened.seek(0)
            if found_packed := packed(begin):
                raise self._fault(f"should be utf-8 text. Found {found_packed}")
            if wide := wide_text(begin):
                raise self._fault(f"should be utf-8 text. Found {wide.shown_by}. Write it as utf-8.")
            for number, line in enumerate(opened, 1):
                digest.update(line)
                if self._parser is None or line.strip():
                    found = self._read(line, number, first=number == 1)
                    if isinstance(found, Wording):
                        raise self._fault(found, number)
                    if lines.setdefault(found.id, number) != number:
                        raise self._fault(repeated(found.id, lines[found.id]), number)
                    self.ids.append(found.id)
                    starts.append(offset)
                offset += len(line)
        if not self.ids:
            raise self._fault("should have documents. There are none.")
        self._starts = np.array([*starts, offset], np.int64)
        self.sha256 = digest.hexdigest()

    def __len__(self) -> int:
        """Return the number of documents."""
        return len(self.ids)

    def chunk(self, start: int, *, documents: int, size: int) -> range:
        """Return the positions of the next documents: at least one, then up to a number of them and of bytes."""
        end = int(np.searchsorted(self._starts, self._starts[start] + size, "right")) - 1
        return range(start, min(max(end, start + 1), start + documents, len(self)))

    def texts(self, start: int, end: int) -> Iterator[str]:
        """Yield the texts of some consecutive documents."""
        with self._open() as opened:
            for position in range(start, min(end, len(self))):
                offset = int(self._starts[position])
                opened.seek(offset)
                found = self._read(opened.readline(), position + 1, first=offset == 0)
                if isinstance(found, Wording) or found.id != self.ids[position]:
                    raise self._fault("should not change while it is read. Found other content.")
                yield found.text

    def text(self, position: int) -> str:
        """Return the text of one document."""
        return next(self.texts(position, position + 1))

    def _open(self) -> BinaryIO:
        found = stream(self.file)
        if found:
            raise self._fault(
                f"should be a file, as documents are looked up in it. Found {found}. Keep them in a file."
            )
        try:
            return self.file.open("rb")
        except OSError as error:
            raise self._fault(f"should be a file of documents that can be read. Found: {error.strerror}.") from error

    def _read(self, line: bytes, number: int, *, first: bool) -> NamedText | Wording:
        """Return what a line holds, or what is wrong with it; `number` names a text without an id of its own."""
        if first:
            line = line.removeprefix(BYTE_ORDER_MARK)
        text = without_end(line.decode("utf-8", errors="replace"))
        return NamedText(str(number), text) if self._parser is None else self._parser(text)

    def _fault(self, message: str | Wording, number: int | None = None) -> DataError:
        return DataError(Fault(str(message), file=str(self.file), line=number))
