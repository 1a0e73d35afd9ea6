"""A file of documents to rank: identifiers in memory, texts where they are.

One document a line, UTF-8: `.tsv` holds `id<TAB>text`; `.jsonl` objects with `_id` (or `id`), `text` and perhaps a
`title`, which stands before the text; any other file holds the texts themselves, named by the number of their line.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from .errors import DataError, Fault

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Collection:
    """The documents of a file: `ids` in the order of the file, and each text when it is asked for.

    Invalid UTF-8 is read as U+FFFD. Raises `DataError` naming file and line of a document without identifier or text,
    of an identifier that is there already, and of a file without documents or that cannot be read.
    """

    def __init__(self, file: str | Path) -> None:
        self.file = Path(file)
        self._layout = self.file.suffix.lower()
        self.ids: list[str] = []
        starts = [0]
        digest = hashlib.sha256()
        lines: dict[str, int] = {}
        with self._open() as stream:
            for number, line in enumerate(stream, 1):
                digest.update(line)
                starts.append(starts[-1] + len(line))
                name = self._parse(line, number)[0]
                if lines.setdefault(name, number) != number:
                    raise self._fault(
                        number, f"a document's id should be its own. Found '{name}' in line {lines[name]} too."
                    )
                self.ids.append(name)
        if not self.ids:
            raise DataError(Fault("should have documents. Found none.", file=str(self.file)))
        self._starts = np.array(starts, np.int64)
        self.sha256 = digest.hexdigest()

    def __len__(self) -> int:
        """Return the number of documents."""
        return len(self.ids)

    def texts(self, start: int, end: int) -> Iterator[str]:
        """Yield the texts of some consecutive documents."""
        with self._open() as stream:
            stream.seek(int(self._starts[start]))
            for number in range(start, min(end, len(self))):
                yield self._parse(stream.readline(), number + 1)[1]

    def text(self, position: int) -> str:
        """Return the text of one document."""
        return next(self.texts(position, position + 1))

    def _open(self) -> BinaryIO:
        try:
            return self.file.open("rb")
        except OSError as error:
            message = f"should be a file of documents that can be read. Found: {error.strerror}."
            raise DataError(Fault(message, file=str(self.file))) from error

    def _parse(self, line: bytes, number: int) -> tuple[str, str]:
        """Return the identifier and the text of a line."""
        if number == 1:
            line = line.removeprefix(BYTE_ORDER_MARK)
        text = line.decode("utf-8", errors="replace").removesuffix("\n").removesuffix("\r")
        if self._layout == ".tsv":
            name, tab, text = text.partition("\t")
            if not name or not tab:
                raise self._fault(number, "should be an id, a tab and a text. Found no " + ("id." if tab else "tab."))
            return name, text
        return self._object(text, number) if self._layout == ".jsonl" else (str(number), text)

    def _object(self, line: str, number: int) -> tuple[str, str]:
        try:
            row = json.loads(line)
        except ValueError as error:
            raise self._fault(number, f"should be a JSON object. Found: {error}.") from error
        if not isinstance(row, dict):
            raise self._fault(number, f"should be a JSON object. Found {type(row).__name__}.")
        name = row.get("_id", row.get("id"))
        if not isinstance(name, (str, int)) or name == "":
            raise self._fault(number, "should have an '_id' (or 'id'), a string. Found none.")
        text, title = row.get("text"), row.get("title")
        if not isinstance(text, str):
            found = "none" if text is None else type(text).__name__
            raise self._fault(number, f"should have a 'text', a string. Found {found}.")
        return str(name), f"{title} {text}" if isinstance(title, str) and title else text

    def _fault(self, number: int, message: str) -> DataError:
        return DataError(Fault(message, file=str(self.file), line=number))
