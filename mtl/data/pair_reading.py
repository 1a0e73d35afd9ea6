"""Rows of a source with a ranking task: judgements of pairs, in which a text is kept once however many rows hold it.

Texts are distinguished by digests, so memory grows with their number, not with their length.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..base.errors import Fault, WrongValueError
from .judgements import Judgement
from .pair_cells import CellFault, PairCells, PairText
from .reading import (
    CHUNK,
    Chunk,
    RowPlace,
    at_white_space,
    parted_remarks,
    parted_words,
    row_fault,
    tokenized,
)

if TYPE_CHECKING:
    from ..recipe.config import TaskConfig
    from ..sources.base import Row, Source
    from .judgements import Judgements
    from .plan import SourcePlan
    from .targets import Remark, Target

CHARACTERS = 1 << 22  # of texts in memory at a time: documents may be long
_BITS = 32  # of a document's number in the key of a pair


def pair_chunks(
    plan: SourcePlan, judgements: Judgements, target: Target, source: Source, split: str, base: Path
) -> Iterator[Chunk]:
    """Yield the judgements of a split in order, with the texts that they bring; `target` reads grades.

    Raises `DataError` naming file, line and column of a row that is malformed or contradicts an earlier one, or leaves
    it out where the source says so.
    """
    task = next(task for task in plan.tasks if task.name == judgements.task)
    reader = _Reader(judgements, task, target, source)
    chunk = _Draft.empty(plan)
    for row in source.read(split, base):
        faults = [row_fault(error, source, row, column) for column, error in reader.read(row, chunk)]
        if faults:
            source.bad_row(faults[0], split, *faults[1:])
        if len(chunk.judged) + len(chunk.repeated) >= CHUNK or chunk.characters >= CHARACTERS:
            yield chunk.finished(plan, judgements)
            chunk = _Draft.empty(plan)
    if chunk.judged or chunk.repeated:
        yield chunk.finished(plan, judgements)


@dataclass
class _Draft:
    """A chunk that is being filled."""

    texts: dict[str, list[str]]
    places: dict[str, list[RowPlace]]
    judged: list[Judgement] = field(default_factory=list)
    repeated: list[RowPlace] = field(default_factory=list)
    pretokenized: frozenset[str] = frozenset()
    parted: frozenset[str] = frozenset()
    remarks: list[tuple[str, Remark, Fault]] = field(default_factory=list)
    at_white_space: frozenset[str] = frozenset()  # the columns that an input splits so
    characters: int = 0  # of the texts

    @classmethod
    def empty(cls, plan: SourcePlan) -> _Draft:
        texts: dict[str, list[str]] = {column: [] for column in plan.columns}
        places: dict[str, list[RowPlace]] = {column: [] for column in plan.columns}
        return cls(texts, places, at_white_space=frozenset(at_white_space(plan)))

    def finished(self, plan: SourcePlan, judgements: Judgements) -> Chunk:
        """Return the chunk, its texts split into tokens."""
        return Chunk(
            texts=self.texts,
            tokens=tokenized(plan, self.texts),
            targets={judgements.task: [judgement.grade for judgement in self.judged]},
            units=len(self.judged),
            pretokenized=self.pretokenized,
            parted=self.parted,
            remarks=self.remarks,
            judged=self.judged,
            places=self.places,
            repeated=self.repeated,
        )


class _Part(NamedTuple):
    """A document of a row with its grade, and the columns of both."""

    column: str
    text: PairText
    document_id: str | None
    grade: str
    grade_column: str


class _Reader:
    """What has been read of a split: which texts, queries, pools and judgements there are, all by number."""

    def __init__(self, judgements: Judgements, task: TaskConfig, target: Target, source: Source) -> None:
        self.judgements = judgements
        self.task = task
        self.target = target
        self.source = source
        self.texts: dict[str, dict[bytes, int]] = {judgements.query: {}, judgements.document: {}}
        self.groups: dict[str, int] = {}
        self.pools: dict[str, int] = {}
        self.names: dict[str, int] = {}  # of documents
        self.judged: dict[int, int] = {}  # a pair's key -> number of its judgement
        self.group_texts = array("q")  # by query
        self.group_places: list[RowPlace] = []
        self.grades: list[str] = []  # by judgement, as the next three
        self.documents = array("q")
        self.files: list[str] = []
        self.lines = array("q")

    def read(self, row: Row, chunk: _Draft) -> list[CellFault]:
        """Take a row in, or return what is wrong with its cells, and take in nothing."""
        judgements = self.judgements
        cells = PairCells(row)
        query = cells.text(judgements.query)
        group = cells.name(judgements.group)
        pool = cells.name(judgements.pool, optional=True)
        if not cells.faults:
            self._note_other_query(cells, group, query)
        parts = self._parts(cells, query)
        if cells.faults:
            return cells.faults
        fresh = [part for part in parts if not self._is_known(cells, group, query, part)]
        if cells.faults:
            return cells.faults
        if len(fresh) < len(parts) and judgements.negative is None:
            chunk.repeated.append(self._place(row, judgements.document))
        for part in fresh:
            self._add(chunk, row, group, query, part, pool)
        columns = {judgements.query: judgements.query, **{part.column: judgements.document for part in parts}}
        lists = {held: c for held, c in columns.items() if isinstance(row.values.get(held), list)}
        chunk.pretokenized |= {*lists.values()}
        words = parted_words({held: row.values[held] for held, c in lists.items() if c in chunk.at_white_space})
        chunk.parted |= {lists[held] for held in words}
        chunk.remarks += parted_remarks(words, self.source, row)
        return []

    def _parts(self, cells: PairCells, query: PairText) -> list[_Part]:
        """Return the documents that a row judges: one, or the two of a triple."""
        judgements = self.judgements
        document = cells.text(judgements.document)
        name = cells.name(judgements.document_id)
        grade = "1" if judgements.target is None else cells.grade(judgements.target, self.task, self.target, query)
        parts = [_Part(judgements.document, document, name, grade, judgements.target or judgements.document)]
        if judgements.negative is not None and cells.row.values.get(judgements.negative) not in (None, ""):
            negative = cells.text(judgements.negative)
            if not cells.faults and negative.digest == document.digest:
                should = f"should be another text than that of column '{judgements.document}'"
                cells.faults.append((judgements.negative, WrongValueError(should, "an equal one")))
            parts.append(_Part(judgements.negative, negative, None, "0", judgements.negative))
        return parts

    def _note_other_query(self, cells: PairCells, group: str | None, query: PairText) -> None:
        number = None if group is None else self.groups.get(group)
        if number is not None and self.group_texts[number] != self.texts[self.judgements.query].get(query.digest):
            place = _told(self.group_places[number])
            should = f"should be the text that query '{group}' has at {place}"
            error = WrongValueError(should, "another one", kind="another text of a query")
            cells.faults.append((self.judgements.query, error))

    def _is_known(self, cells: PairCells, group: str | None, query: PairText, part: _Part) -> bool:
        """Say whether an earlier row judged the same pair; in what it contradicts that row is added to the faults."""
        key = self._key(group, query, part)
        number = None if key is None else self.judged.get(key)
        if number is None:
            return False
        document = "the same document" if part.document_id is None else f"document '{part.document_id}'"
        whose = f"{document} for {'the same query' if group is None else f'query {group!r}'}"
        place = _told((self.files[number], self.lines[number]))
        if self.documents[number] != self.texts[self.judgements.document].get(part.text.digest):
            should = f"should be the text of {whose} at {place}"
            error = WrongValueError(should, "another one", kind="another text of a pair")
            cells.faults.append((part.column, error))
        if self.grades[number] != part.grade:
            should = f"should be the grade of {whose} at {place}, which is {self.grades[number]}"
            error = WrongValueError(should, part.grade, "Keep one of the two rows.", kind="another grade of a pair")
            cells.faults.append((part.grade_column, error))
        return True

    def _key(self, group: str | None, query: PairText, part: _Part) -> int | None:
        """Return what identifies a pair; None where a half of it was never read."""
        judgements = self.judgements
        by_name = (
            part.document_id is not None and judgements.negative is None
        )  # the second text of a triple has no name
        first = self.texts[judgements.query].get(query.digest) if group is None else self.groups.get(group)
        table = self.texts[judgements.document]
        second = self.names.get(part.document_id or "") if by_name else table.get(part.text.digest)
        return None if first is None or second is None else first << _BITS | second

    def _place(self, row: Row, column: str) -> RowPlace:
        return self.source.file_of(row, column), row.line

    def _add(self, chunk: _Draft, row: Row, group: str | None, query: PairText, part: _Part, pool: str | None) -> None:
        places = self._place(row, self.judgements.query), self._place(row, part.column)
        first = self._entered(chunk, self.judgements.query, query, places[0])
        second = self._entered(chunk, self.judgements.document, part.text, places[1])
        number = first if group is None else self.groups.setdefault(group, len(self.groups))
        if group is not None and number == len(self.group_texts):
            self.group_texts.append(first)
            self.group_places.append(places[0])
        if part.document_id is not None:
            self.names.setdefault(part.document_id, len(self.names))
        key = self._key(group, query, part)
        if key is not None:
            self.judged[key] = len(self.grades)
        self.grades.append(part.grade)
        self.documents.append(second)
        self.files.append(self.source.file_of(row, part.grade_column))
        self.lines.append(row.line)
        pooled = -1 if pool is None else self.pools.setdefault(pool, len(self.pools))
        chunk.judged.append(Judgement(first, second, part.grade, number, pooled, part.document_id, *places))

    def _entered(self, chunk: _Draft, column: str, text: PairText, place: RowPlace) -> int:
        """Return a text's number; one that was never read is given the next, and goes into the chunk."""
        table = self.texts[column]
        if text.digest not in table:
            table[text.digest] = len(table)
            chunk.texts[column].append(text.text)
            chunk.places[column].append(place)
            chunk.characters += len(text.text)
        return table[text.digest]


def _told(place: RowPlace) -> str:
    return f"{place[0]}:{place[1]}"
