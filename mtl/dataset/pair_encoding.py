"""One split of a source with a ranking task, featurized once: distinct texts, and the pairs that are made of them.

Beside what `encoding` says of texts, the file has `hash:COLUMN` (one a text), and of N judged pairs: `number:COLUMN`
(which text), `label:TASK` (the grade's id), `group` and `pool` (numbers; -1 for no pool), `hash` (of both texts) and,
where the source names its documents, `document_id`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from ..errors import Fault
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

    def __init__(self, plan: Plan, ranking: Ranking, fitted: Fitted, scratch: Scratch) -> None:
        self.ranking = ranking
        self.scratch = scratch
        self.rows = 0
        self.tokens = 0
        self.pretokenized: frozenset[str] = frozenset()
        self._texts = TextEncoder(plan, fitted, scratch)
        self._hashes = {column: scratch.column() for column in plan.columns}
        self._lengths = {column: scratch.column() for column in plan.columns}
        self._numbers = {column: scratch.column() for column in (ranking.query, ranking.document)}
        self._labels = {ranking.task: LabelColumn(scratch.column(), fitted.labels[ranking.task])}
        self._group, self._pool = scratch.column(), scratch.column()
        self._names = (Bounds(scratch.column()), scratch.column())
        self._notes = _Notes()

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
        bounds, data = self._names
        names = [(j.document_id or "").encode() for j in judged]
        bounds.extend(np.cumsum([0, *map(len, names)]))
        data.write(b"".join(names))
        for judgement in judged:
            self._notes.judgement(judgement.group, float(judgement.grade), judgement.place)
        self._notes.repeated += chunk.repeated
        self.rows += len(chunk)
        self.pretokenized |= chunk.pretokenized

    def finish(self, skipped: list[Any]) -> Path:
        """Put the file together in the scratch folder and return it."""
        self.scratch.close()
        counts = self._texts.counts
        numbers = {c: flat(column, np.int32, self.rows) for c, column in self._numbers.items()}
        bounds, data = self._names
        arrays = {
            "group": flat(self._group, np.int32, self.rows),
            "pool": flat(self._pool, np.int32, self.rows),
            "document_id": pa.LargeStringArray.from_buffers(self.rows, bounds.column.buffer(), data.buffer()),
            **{f"label:{name}": column.array(self.scratch) for name, column in self._labels.items()},
            **{f"number:{column}": array for column, array in numbers.items()},
            **{f"hash:{column}": flat(hashes, np.int64, counts[column]) for column, hashes in self._hashes.items()},
            **{f"length:{column}": flat(found, np.int32, counts[column]) for column, found in self._lengths.items()},
            **self._texts.arrays({}),
        }
        facts = {
            "tokens": self.tokens,
            **label_facts(self._labels),
            "pretokenized": sorted(self.pretokenized),
            "skipped": skipped,
            "notes": [vars(fault) for fault in self._notes.faults(self.ranking)],
            "queries": len(self._notes.positive),
            "without_positive": self._notes.positive.count(False),
            "repeated": len(self._notes.repeated),
        }
        return write(arrays, facts, self.scratch)


class _Notes:
    """What somebody should hear of a split that stops nobody, each with the first row that shows it."""

    def __init__(self) -> None:
        self.positive: list[bool] = []  # by query: whether it has a relevant document
        self.first: list[Place] = []
        self.repeated: list[Place] = []
        self.empty: dict[str, list[Place]] = {}
        self.long: dict[str, list[tuple[int, Place]]] = {}

    def text(self, column: str, text: str, length: int, place: Place) -> None:
        if not text.strip():
            self.empty.setdefault(column, []).append(place)
        if length > LONG:
            self.long.setdefault(column, []).append((length, place))

    def judgement(self, group: int, grade: float, place: Place) -> None:
        if group == len(self.positive):
            self.positive.append(False)
            self.first.append(place)
        self.positive[group] |= grade > 0

    def faults(self, ranking: Ranking) -> list[Fault]:
        found = []
        if not all(self.positive):
            count, place = self.positive.count(False), self.first[self.positive.index(False)]
            message = (
                f"should have a relevant document, of a grade above 0, for every query. Found none for {count:,} of "
                f"{len(self.positive):,} queries, of which this is the first; metrics leave them out."
            )
            found.append(Fault(message, *place))
        if self.repeated:
            message = (
                "should judge a document of a query once. Found "
                f"{_count(self.repeated, 'row')} that {_say(self.repeated)} again what an earlier one says, of which "
                f"this is the first; they count once."
            )
            found.append(Fault(message, *self.repeated[0]))
        for column, empty in self.empty.items():
            message = f"should be a text. Found {_count(empty, 'empty one')}, of which this is the first."
            found.append(Fault(message, *empty[0], path=f"column '{column}'"))
        for column, texts in self.long.items():
            length, place = max(texts, key=lambda found: found[0])
            message = (
                f"should have at most {LONG:,} tokens. Found {_count(texts, 'longer text')}, of which this is the "
                f"longest: {length:,} tokens. An input's key 'max_tokens' says how many are read."
            )
            found.append(Fault(message, *place, path=f"column '{column}'"))
        return found


def _count(found: list[Any], what: str) -> str:
    return f"{len(found):,} {what}{'' if len(found) == 1 else 's'}"


def _say(found: list[Any]) -> str:
    return "says" if len(found) == 1 else "say"
