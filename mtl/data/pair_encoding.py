"""One split of a source with a ranking task, featurized once: distinct texts, and the pairs that are made of them.

Beside what `encoding` says of texts, the file has `hash:COLUMN` and `length:COLUMN` (one a text), and of N judged
pairs: `number:COLUMN` (which text), `label:TASK` (the grade's id), `group` and `pool` (numbers; -1 for no pool),
`line` (of the row), `file:COLUMN` (number of the one that holds it) and `document_id` (empty where nothing names it).
Files are kept relative to where the split lies, so that data may move.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..base.errors import Fault, counted
from .encoding import LabelColumn, label_facts, text_hash, write
from .store import Scratch
from .text_encoding import Bounds, TextEncoder, flat

if TYPE_CHECKING:
    from .fitted import Fitted
    from .pair_reading import PairChunk, Place
    from .ranking import Ranking
    from .reading import Plan

LONG = 10_000  # tokens of a text that somebody should hear of


class PairEncoder:
    """Takes the chunks of a split one after another and makes the file at the end."""

    def __init__(self, plan: Plan, ranking: Ranking, fitted: Fitted, scratch: Scratch, root: str) -> None:
        self.ranking = ranking
        self.root = root
        self.scratch = scratch
        self.rows = 0
        self.tokens = 0
        self.pretokenized: frozenset[str] = frozenset()
        self._texts = TextEncoder(plan, fitted, scratch)
        self._hashes = {column: scratch.column() for column in plan.columns}
        self._lengths = {column: scratch.column() for column in plan.columns}
        self._numbers = {column: scratch.column() for column in (ranking.query, ranking.document)}
        self._file = {column: scratch.column() for column in (ranking.query, ranking.document)}
        self._labels = {ranking.task: LabelColumn(scratch.column(), fitted.labels[ranking.task])}
        self._group, self._pool, self._line = scratch.column(), scratch.column(), scratch.column()
        self._names = (Bounds(scratch.column()), scratch.column())
        self._notes = _Notes()
        self._files: dict[str, int] = {}  # that rows stand in, by number

    def add(self, chunk: PairChunk) -> None:
        """Encode some judgements and the texts that came with them."""
        for column, lengths in self._texts.add(chunk.texts, chunk.tokens).items():
            texts, places = chunk.texts[column], chunk.places[column]
            self._hashes[column].write(np.array([text_hash([text]) for text in texts], np.int64))
            self._lengths[column].write(lengths.astype(np.int32))
            self.tokens += int(lengths.sum())
            for text, length, place in zip(texts, lengths.tolist(), places, strict=True):
                self._notes.text(column, text, length, place)
        judged = chunk.judged
        self._labels[self.ranking.task].row_level(judgement.grade for judgement in judged)
        self._numbers[self.ranking.query].write(np.array([j.query for j in judged], np.int32))
        self._numbers[self.ranking.document].write(np.array([j.document for j in judged], np.int32))
        self._group.write(np.array([j.group for j in judged], np.int32))
        self._pool.write(np.array([j.pool for j in judged], np.int32))
        self._line.write(np.array([j.query_place[1] for j in judged], np.int64))
        self._file[self.ranking.query].write(self._file_numbers([j.query_place for j in judged]))
        self._file[self.ranking.document].write(self._file_numbers([j.document_place for j in judged]))
        bounds, data = self._names
        names = [(j.document_id or "").encode() for j in judged]
        bounds.extend(np.cumsum([0, *map(len, names)]))
        data.write(b"".join(names))
        for judgement in judged:
            self._notes.judgement(judgement.group, float(judgement.grade), judgement.query_place)
        self._notes.repeated += chunk.repeated
        self.rows += len(chunk)
        self.pretokenized |= chunk.pretokenized

    def _file_numbers(self, places: list[Place]) -> NDArray[np.int32]:
        names = (kept_file(file, self.root) for file, _ in places)
        return np.array([self._files.setdefault(name, len(self._files)) for name in names], np.int32)

    def finish(self, skipped: list[Any]) -> Path:
        """Put the file together in the scratch folder and return it."""
        self.scratch.close()
        counts, notes = self._texts.counts, self._notes
        numbers = {c: flat(column, np.int32, self.rows) for c, column in self._numbers.items()}
        bounds, data = self._names
        arrays = {
            "group": flat(self._group, np.int32, self.rows),
            "pool": flat(self._pool, np.int32, self.rows),
            "line": flat(self._line, np.int64, self.rows),
            "document_id": pa.LargeStringArray.from_buffers(self.rows, bounds.column.buffer(), data.buffer()),
            **{f"label:{name}": column.array(self.scratch) for name, column in self._labels.items()},
            **{f"number:{column}": array for column, array in numbers.items()},
            **{f"file:{column}": flat(found, np.int32, self.rows) for column, found in self._file.items()},
            **{f"hash:{column}": flat(hashes, np.int64, counts[column]) for column, hashes in self._hashes.items()},
            **{f"length:{column}": flat(found, np.int32, counts[column]) for column, found in self._lengths.items()},
            **self._texts.arrays({}),
        }
        facts = {
            "tokens": self.tokens,
            **label_facts(self._labels),
            "pretokenized": sorted(self.pretokenized),
            "skipped": skipped,
            "files": list(self._files),
            "notes": [{**vars(fault), "file": kept_file(fault.file or "", self.root)} for fault in notes.faults()],
            "queries": len(notes.best),
            "without_positive": len(notes.without_positive()),
            "comparable": sum(best != worst for best, worst in zip(notes.best, notes.worst, strict=True)),
            "repeated": len(notes.repeated),
        }
        return write(arrays, facts, self.scratch)


def kept_file(file: str, root: str) -> str:
    """Return a file's name as it is kept: what follows the root, behind a NUL, where it begins with that."""
    return "\0" + file.removeprefix(root) if file.startswith(root) else file


def found_file(kept: str, root: str) -> str:
    """Return the file whose name was kept, for a root that may have moved."""
    return root + kept[1:] if kept.startswith("\0") else kept


class _Notes:
    """What somebody should hear of a split that stops nobody, each with the first row that shows it."""

    def __init__(self) -> None:
        self.best: list[float] = []  # grade of each query's documents
        self.worst: list[float] = []
        self.first: list[Place] = []
        self.repeated: list[Place] = []
        self.empty: dict[str, list[Place]] = {}
        self.long: dict[str, list[tuple[int, Place]]] = {}

    def text(self, column: str, text: str, length: int, place: Place) -> None:
        """Take note of a text that no row before had."""
        if not text.strip():
            self.empty.setdefault(column, []).append(place)
        if length > LONG:
            self.long.setdefault(column, []).append((length, place))

    def judgement(self, group: int, grade: float, place: Place) -> None:
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
        """Return what there is to hear."""
        found = []
        lacking = self.without_positive()
        if lacking:
            message = (
                f"should have a document of a grade above 0 for every query. Found {len(lacking):,} of "
                f"{len(self.first):,} queries without one, the first here: they count in no metric."
            )
            found.append(Fault(message, *self.first[lacking[0]]))
        if self.repeated:
            message = (
                "should judge a document of a query once. Found "
                f"{counted(len(self.repeated), 'repetition')} of earlier rows, the first here: a pair counts once."
            )
            found.append(Fault(message, *self.repeated[0]))
        for column, empty in self.empty.items():
            message = f"should have no empty text. Found {len(empty):,}, the first here."
            found.append(Fault(message, *empty[0], path=f"column '{column}'"))
        for column, texts in self.long.items():
            length, place = max(texts, key=lambda found: found[0])
            message = (
                f"should have {LONG:,} tokens at most. Found {counted(len(texts), 'longer text')}, the longest here "
                f"with {length:,}. An input's key 'max_tokens' says how many of them are read."
            )
            found.append(Fault(message, *place, path=f"column '{column}'"))
        return found
