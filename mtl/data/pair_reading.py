"""Rows of a source with a ranking task: judgements of pairs, in which a text is kept once however many rows hold it.

Texts are distinguished by digests, so memory grows with their number, not with their length.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..base.errors import Fault, short
from ..sources.values import spelled
from .judgements import Judgement
from .reading import CHUNK, Chunk, RowPlace, as_text, tokenized
from .targets import Example

if TYPE_CHECKING:
    from ..recipe.config import TaskConfig
    from ..sources.base import Row, Source
    from .judgements import Judgements
    from .plan import SourcePlan
    from .targets import Target

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
        try:
            reader.read(row, chunk)
        except _MalformedError as error:
            place = f"column '{error.column}'"
            source.bad_row(Fault(str(error), source.file_of(row, error.column), row.line, place), split)
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
    characters: int = 0  # of the texts

    @classmethod
    def empty(cls, plan: SourcePlan) -> _Draft:
        return cls({column: [] for column in plan.columns}, {column: [] for column in plan.columns})

    def finished(self, plan: SourcePlan, judgements: Judgements) -> Chunk:
        """Return the chunk, its texts split into tokens."""
        return Chunk(
            texts=self.texts,
            tokens=tokenized(plan, self.texts),
            targets={judgements.task: [judgement.grade for judgement in self.judged]},
            units=len(self.judged),
            pretokenized=self.pretokenized,
            judged=self.judged,
            places=self.places,
            repeated=self.repeated,
        )


class _MalformedError(ValueError):
    def __init__(self, column: str, message: str) -> None:
        super().__init__(message)
        self.column = column


class _Text(NamedTuple):
    text: str
    digest: bytes


class _Part(NamedTuple):
    """A document of a row with its grade, and the columns of both."""

    column: str
    text: _Text
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

    def read(self, row: Row, chunk: _Draft) -> None:
        """Take a row in; raises `_MalformedError` and takes in nothing of a row that cannot be."""
        judgements = self.judgements
        query = _text(row, judgements.query)
        parts = self._parts(row, query)
        group = _name(row, judgements.group)
        pool = _name(row, judgements.pool, optional=True)
        self._fault_if_other_query(group, query)
        fresh = [part for part in parts if not self._is_known(group, query, part)]
        if len(fresh) < len(parts) and judgements.negative is None:
            chunk.repeated.append(self._place(row, judgements.document))
        for part in fresh:
            self._add(chunk, row, group, query, part, pool)
        columns = {judgements.query: judgements.query, **{part.column: judgements.document for part in parts}}
        chunk.pretokenized |= {c for held, c in columns.items() if isinstance(row.values.get(held), list)}

    def _parts(self, row: Row, query: _Text) -> list[_Part]:
        """Return the documents that a row judges: one, or the two of a triple."""
        judgements = self.judgements
        document = _text(row, judgements.document)
        grade = "1"
        if judgements.target is not None:
            try:
                value = self.task.task.cell(spelled(row.values.get(judgements.target)))
                grade = self.target.read(value, Example(query.text, (), 0))
            except ValueError as error:
                raise _MalformedError(judgements.target, str(error)) from error
        name = _name(row, judgements.document_id)
        parts = [_Part(judgements.document, document, name, grade, judgements.target or judgements.document)]
        if judgements.negative is not None and row.values.get(judgements.negative) not in (None, ""):
            negative = _text(row, judgements.negative)
            if negative.digest == document.digest:
                message = f"should be another text than that of column '{judgements.document}'. Found an equal one."
                raise _MalformedError(judgements.negative, message)
            parts.append(_Part(judgements.negative, negative, None, "0", judgements.negative))
        return parts

    def _fault_if_other_query(self, group: str | None, query: _Text) -> None:
        number = None if group is None else self.groups.get(group)
        if number is not None and self.group_texts[number] != self.texts[self.judgements.query].get(query.digest):
            place = _told(self.group_places[number])
            message = f"should be the text that query '{group}' has at {place}. Found another one."
            raise _MalformedError(self.judgements.query, message)

    def _is_known(self, group: str | None, query: _Text, part: _Part) -> bool:
        """Say whether an earlier row judged the same pair alike; refuses a row that contradicts it."""
        key = self._key(group, query, part)
        number = None if key is None else self.judged.get(key)
        if number is None:
            return False
        document = "the same document" if part.document_id is None else f"document '{part.document_id}'"
        whose = f"{document} for {'the same query' if group is None else f'query {group!r}'}"
        place = _told((self.files[number], self.lines[number]))
        if self.documents[number] != self.texts[self.judgements.document].get(part.text.digest):
            raise _MalformedError(part.column, f"should be the text of {whose} at {place}. Found another one.")
        if self.grades[number] != part.grade:
            raise _MalformedError(
                part.grade_column,
                f"should be the grade of {whose} at {place}, which is {self.grades[number]}. Found {part.grade}. "
                "Keep one of the two rows.",
            )
        return True

    def _key(self, group: str | None, query: _Text, part: _Part) -> int | None:
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

    def _add(self, chunk: _Draft, row: Row, group: str | None, query: _Text, part: _Part, pool: str | None) -> None:
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

    def _entered(self, chunk: _Draft, column: str, text: _Text, place: RowPlace) -> int:
        """Return a text's number; one that was never read is given the next, and goes into the chunk."""
        table = self.texts[column]
        if text.digest not in table:
            table[text.digest] = len(table)
            chunk.texts[column].append(text.text)
            chunk.places[column].append(place)
            chunk.characters += len(text.text)
        return table[text.digest]


def _text(row: Row, column: str) -> _Text:
    try:
        text = as_text(row.values.get(column))
    except ValueError as error:
        raise _MalformedError(column, str(error)) from error
    return _Text(text, hashlib.blake2b(text.encode(), digest_size=16).digest())


def _name(row: Row, column: str | None, *, optional: bool = False) -> str | None:
    """Return what a column names something; None where no column does, or where it is empty and may be."""
    if column is None:
        return None
    value = spelled(row.values.get(column))
    if isinstance(value, str) and value.strip():
        return value
    if value is None or value == "" or isinstance(value, str):
        if optional:
            return None
        raise _MalformedError(column, "should be a name or a number. Found nothing.")
    raise _MalformedError(column, f"should be a name or a number. Found {type(value).__name__}: {short(value)}.")


def _told(place: RowPlace) -> str:
    return f"{place[0]}:{place[1]}"
