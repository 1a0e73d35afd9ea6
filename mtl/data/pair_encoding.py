"""What is kept of judged pairs beside their texts and grades: numbers of texts, queries and pools, and where rows are.

Of N pairs: `index:COLUMN` (which text), `group` and `pool` (numbers; -1 for no pool), `line` (of the row),
`file:COLUMN` (number of the file that holds it) and `document_id` (empty where it has no name). Files are kept
relative to where the split lies, so that data may move.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..base.errors import Fault, counted
from .kept_files import kept_file
from .reading import RowPlace
from .text_encoding import OffsetsWriter, flat

if TYPE_CHECKING:
    from .judgements import Judgements
    from .reading import Chunk
    from .store import Scratch

LONG = 10_000  # tokens beyond which a text is worth a warning


class JudgementEncoder:
    """Takes the judgements of a split, chunk after chunk."""

    def __init__(self, judgements: Judgements, scratch: Scratch, root: str) -> None:
        self.judgements = judgements
        self.root = root
        columns = (judgements.query, judgements.document)
        self._numbers = {column: scratch.column() for column in columns}
        self._file = {column: scratch.column() for column in columns}
        self._group, self._pool, self._line = scratch.column(), scratch.column(), scratch.column()
        self._names = (OffsetsWriter(scratch.column()), scratch.column())
        self._notes = _Notes()
        self._files: dict[str, int] = {}  # that hold rows, by number

    def add(self, chunk: Chunk, lengths: dict[str, NDArray[np.int64]]) -> None:
        """Encode some judgements; `lengths` are the tokens of the texts that came with them, by column."""
        for column, counts in lengths.items():
            for text, length, place in zip(chunk.texts[column], counts.tolist(), chunk.places[column], strict=True):
                self._notes.text(column, text, length, place)
        judged = chunk.judged
        query, document = self.judgements.query, self.judgements.document
        self._numbers[query].write(np.array([j.query for j in judged], np.int32))
        self._numbers[document].write(np.array([j.document for j in judged], np.int32))
        self._group.write(np.array([j.group for j in judged], np.int32))
        self._pool.write(np.array([j.pool for j in judged], np.int32))
        self._line.write(np.array([j.query_place[1] for j in judged], np.int64))
        self._file[query].write(self._file_numbers([j.query_place for j in judged]))
        self._file[document].write(self._file_numbers([j.document_place for j in judged]))
        bounds, data = self._names
        names = [(j.document_id or "").encode() for j in judged]
        bounds.extend(np.cumsum([0, *map(len, names)]))
        data.write(b"".join(names))
        for judgement in judged:
            self._notes.judgement(judgement.group, float(judgement.grade), judgement.query_place)
        self._notes.repeated += chunk.repeated

    def _file_numbers(self, places: list[RowPlace]) -> NDArray[np.int32]:
        names = (kept_file(file, self.root) for file, _ in places)
        return np.array([self._files.setdefault(name, len(self._files)) for name in names], np.int32)

    def arrays(self, rows: int) -> dict[str, pa.Array]:
        """Return what was written of `rows` judgements, once it is complete."""
        bounds, data = self._names
        return {
            "group": flat(self._group, np.int32, rows),
            "pool": flat(self._pool, np.int32, rows),
            "line": flat(self._line, np.int64, rows),
            "document_id": pa.LargeStringArray.from_buffers(rows, bounds.column.buffer(), data.buffer()),
            **{f"index:{column}": flat(found, np.int32, rows) for column, found in self._numbers.items()},
            **{f"file:{column}": flat(found, np.int32, rows) for column, found in self._file.items()},
        }

    def facts(self) -> dict[str, Any]:
        """Return what the file says about its judgements."""
        notes = self._notes
        return {
            "files": list(self._files),
            "notes": [{**vars(fault), "file": kept_file(fault.file or "", self.root)} for fault in notes.faults()],
            "queries": len(notes.best),
            "without_positive": len(notes.without_positive()),
            "comparable": sum(best != worst for best, worst in zip(notes.best, notes.worst, strict=True)),
            "repeated": len(notes.repeated),
        }


class _Notes:
    """Warnings about a split, each with the first row that shows it."""

    def __init__(self) -> None:
        self.best: list[float] = []  # grade of each query's documents
        self.worst: list[float] = []
        self.first: list[RowPlace] = []
        self.repeated: list[RowPlace] = []
        self.empty: dict[str, list[RowPlace]] = {}
        self.long: dict[str, list[tuple[int, RowPlace]]] = {}

    def text(self, column: str, text: str, length: int, place: RowPlace) -> None:
        """Take note of a text that no row before had."""
        if not text.strip():
            self.empty.setdefault(column, []).append(place)
        if length > LONG:
            self.long.setdefault(column, []).append((length, place))

    def judgement(self, group: int, grade: float, place: RowPlace) -> None:
        """Take note of a judgement; queries come in the order of their numbers."""
        if group == len(self.first):
            self.best.append(grade)
            self.worst.append(grade)
            self.first.append(place)
        self.best[group] = max(self.best[group], grade)
        self.worst[group] = min(self.worst[group], grade)

    def without_positive(self) -> list[int]:
        """Return the queries that have no relevant document."""
        return [group for group, best in enumerate(self.best) if best <= 0]

    def faults(self) -> list[Fault]:
        """Return the warnings."""
        found = []
        lacking = self.without_positive()
        if lacking:
            message = (
                f"{len(lacking):,} of {len(self.first):,} queries without a document of a grade above 0, "
                "the first here: they count in no metric."
            )
            found.append(Fault(message, *self.first[lacking[0]]))
        if self.repeated:
            message = (
                f"{counted(len(self.repeated), 'repetition')} of earlier rows, the first here: a pair counts once."
            )
            found.append(Fault(message, *self.repeated[0]))
        for column, empty in self.empty.items():
            message = f"{counted(len(empty), 'empty text')}, the first here."
            found.append(Fault(message, *empty[0], path=f"column '{column}'"))
        for column, texts in self.long.items():
            length, place = max(texts, key=lambda found: found[0])
            message = (
                f"{counted(len(texts), 'text')} of more than {LONG:,} tokens, the longest here with {length:,}. "
                "An input's key 'max_tokens' says how many of them are read."
            )
            found.append(Fault(message, *place, path=f"column '{column}'"))
        return found
