"""Rows of a source as its tasks need them: texts, tokens and gold answers, a chunk of rows in memory at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, islice, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.errors import DataError, Fault, WrongValueError, fault_of
from ..base.shown import described
from ..sources.values import spelled, whole
from ..text.cells import value_text
from ..text.featurizer import Tokens, tokenize
from ..text.span_tags import Span
from ..text.tag_rule import BadTagError, UnlabelledTagError
from ..text.white_space import stripped, word_spans
from .targets import Example, Remark, Target

if TYPE_CHECKING:
    from ..graph.calls import InputKey
    from ..recipe.config import TaskConfig
    from ..sources.base import Row, Source
    from .judgements import Judgement
    from .plan import SourcePlan

CHUNK = 1024  # rows in memory at a time
RowPlace = tuple[str, int]  # file and line of a row
PARTED = (  # one, many
    "row has a word with white space inside, which is read as several tokens: an export has no graph from tokens",
    "rows have words with white space inside, which are read as several tokens: an export has no graph from tokens",
)
CellFaults = dict[Fault, str]  # what is wrong with cells of a row, each with its column


@dataclass
class Chunk:
    """Some consecutive units of a split, and the texts that they bring, by column.

    `targets` hold one entry per unit and task. `counts` say, of columns that hold lists, how many texts each unit has.
    Of a source of judged pairs, `texts` are those that no row before had, each with its `places`, and `judged` says
    which texts the pairs are made of; elsewhere every unit has texts of its own.
    """

    texts: dict[str, list[str]]
    tokens: dict[InputKey, Tokens]
    targets: dict[str, list[Any]]
    units: int
    pretokenized: frozenset[str] = frozenset()
    parted: frozenset[str] = frozenset()  # columns of words of which white space parts some
    counts: dict[str, list[int]] = field(default_factory=dict)
    unread: dict[str, int] = field(default_factory=dict)  # tags or answers after `max_tokens`, by task
    remarks: list[tuple[str, Remark, Fault]] = field(default_factory=list)  # of a task, and where
    rows: list[RowPlace] = field(default_factory=list)  # of the units, but of judged pairs
    judged: list[Judgement] = field(default_factory=list)
    places: dict[str, list[RowPlace]] = field(default_factory=dict)
    repeated: list[RowPlace] = field(default_factory=list)  # rows that repeat an earlier one
    # Rows with spans: the task, and where and how the grammar of its tags is broken, if it is.
    grammar: list[tuple[str, Fault | None]] = field(default_factory=list)

    def __len__(self) -> int:
        return self.units


def chunks(plan: SourcePlan, targets: Mapping[str, Target], source: Source, split: str, base: Path) -> Iterator[Chunk]:
    """Yield the rows of a split in order, tokenized and with their answers; `targets` are by task.

    Raises `DataError` naming file, line and column of a row that is malformed or whose labels do not fit its
    tokens, or leaves it out where the source says so.
    """
    for rows in _parts(source, split, base):
        chunk, faults = _chunk(plan, targets, source, rows)
        if faults:
            for position in sorted(faults):
                source.bad_row(next(iter(faults[position])), split)
            chunk, _ = _chunk(plan, targets, source, [row for i, row in enumerate(rows) if i not in faults])
        if len(chunk):
            yield chunk


def examined(
    plan: SourcePlan, targets: Mapping[str, Target], source: Source, split: str, base: Path
) -> Iterator[tuple[Chunk, dict[int, CellFaults]]]:
    """Yield the rows of a split as `chunks` does, malformed ones too, with what is wrong with cells by row.

    An answer in a malformed cell, or about a text in one, is None.
    """
    for rows in _parts(source, split, base):
        yield _chunk(plan, targets, source, rows)


def used(
    plan: SourcePlan, targets: Mapping[str, Target], source: Source, split: str, base: Path
) -> Iterator[tuple[int, Row]]:
    """Yield the rows of a split that nothing is wrong with, and their numbers from 0 among all that can be read."""
    first = 0
    for rows in _parts(source, split, base):
        _, faults = _chunk(plan, targets, source, rows)
        yield from ((first + i, row) for i, row in enumerate(rows) if i not in faults)
        first += len(rows)


def _parts(source: Source, split: str, base: Path) -> Iterator[list[Row]]:
    read = source.read(split, base)
    while rows := list(islice(read, CHUNK)):
        yield rows


def _chunk(
    plan: SourcePlan, targets: Mapping[str, Target], source: Source, rows: Sequence[Row]
) -> tuple[Chunk, dict[int, CellFaults]]:
    """Return the chunk of some rows, and the faults of malformed ones by their position."""
    faults: dict[int, CellFaults] = {}

    def note(position: int, column: str, error: ValueError) -> None:
        item = error.item if isinstance(error, BadTagError) else None
        if isinstance(error, UnlabelledTagError):  # how such a token is written is known to the source
            error = WrongValueError(error.wording.should, error.wording.found, source.unlabelled)
        faults.setdefault(position, {})[row_fault(error, source, rows[position], column, item)] = column

    held: dict[str, list[list[str]]] = {column: [] for column in plan.columns}
    for column, found in held.items():
        read = _reader(plan, column)
        for position, row in enumerate(rows):
            texts = [""]
            try:
                texts = read(row.values.get(column))
            except ValueError as error:
                note(position, column, error)
            found.append(texts)
    flat = {column: [text for texts in found for text in texts] for column, found in held.items()}
    tokens = tokenized(plan, flat)
    spans = _Spans(plan, targets, flat, tokens)
    answers: dict[str, list[Any]] = {}
    unread: dict[str, int] = {}
    remarks: list[tuple[str, Remark, Fault]] = []
    grammar: list[tuple[str, Fault | None]] = []
    for task in plan.tasks:
        key = plan.labelled[task.name]
        golds: list[Any] = []
        answers[task.name] = golds
        unread[task.name] = 0
        for position, row in enumerate(rows):
            gold: Any = None
            target, value = targets[task.name], row.values.get(task.target or "")
            if position in faults and key.column in faults[position].values() and (target.of_tokens or key.listed):
                golds.append(None)  # it is about a text that is not there
                continue
            example = spans.example(task, key, position, held[key.column][position], row.values.get(key.column))
            try:
                cell = None if value is None or value == "" else task.task.cell(spelled(value))
                gold = None if cell is None and not target.of_text else target.read(cell, example)
                for remark in () if cell is None else target.remarks(cell, example):
                    remarks.append((task.name, remark, row_place(remark.example, source, row, task.target or "")))
                check = None if cell is None else target.check_grammar(cell)
                if check is not None:
                    broken = row_place(check.example, source, row, task.target or "", check.item)
                    grammar.append((task.name, broken if check.example else None))
            except ValueError as error:
                note(position, task.target or key.column, error)
            if gold is not None:
                unread[task.name] += target.unread(gold, example)
            golds.append(gold)
    lists = frozenset(
        column
        for column in held
        if column not in plan.listed and any(isinstance(row.values.get(column), list) for row in rows)
    )
    parted: set[str] = set()
    spaced = sorted(lists & at_white_space(plan))
    for position, row in enumerate(rows):
        if position not in faults:
            words = parted_words({column: row.values.get(column) for column in spaced})
            parted |= {*words}
            remarks += parted_remarks(words, source, row)
    counts = {column: [len(texts) for texts in held[column]] for column in plan.listed}
    places = [(row.file, row.line) for row in rows]
    kinds = lists, frozenset(parted)
    return Chunk(flat, tokens, answers, len(rows), *kinds, counts, unread, remarks, places, grammar=grammar), faults


def row_place(message: str, source: Source, row: Row, column: str, item: int | None = None) -> Fault:
    """Return a message about a row's column; `item` says which of a list's items it is about, if one."""
    line = row.lines[item] if item is not None and item < len(row.lines) else row.line
    return Fault(message, source.file_of(row, column), line, f"column '{column}'")


def row_fault(error: ValueError, source: Source, row: Row, column: str, item: int | None = None) -> Fault:
    """Return the fault that an error says of a row's column (see `row_place`)."""
    place = row_place("", source, row, column, item)
    fault = fault_of(error, place.file, place.line, place.path)
    return fault if fault.kind is None else replace(fault, kind=f"{column}: {fault.kind}")


class _Spans:
    """The tokens that gold answers are given for: those of a whole text, however many of them are read."""

    def __init__(
        self,
        plan: SourcePlan,
        targets: Mapping[str, Target],
        texts: Mapping[str, Sequence[str]],
        tokens: Mapping[InputKey, Tokens],
    ) -> None:
        self.offsets: dict[InputKey, list[list[Span]]] = {}
        self.read: dict[InputKey, list[int]] = {}
        for task in plan.tasks:
            key = plan.labelled[task.name]
            every = _every(key)
            if every not in self.offsets and targets[task.name].of_tokens and not key.listed:
                found = tokens[every] if every in tokens else tokenize(texts[key.column], every.front_end)
                self.offsets[every] = row_spans(found)
        for key in plan.labelled.values():
            if _every(key) in self.offsets and key.splitting not in self.read:
                self.read[key.splitting] = tokens[key.splitting].lengths.tolist()

    def example(self, task: TaskConfig, key: InputKey, position: int, texts: list[str], value: Any) -> Example:
        """Return what a row's answer belongs to."""
        if key.listed:
            return Example("", (), 0, texts)
        every = self.offsets.get(_every(key))
        spans = every[position] if every is not None else []
        read = min(self.read[key.splitting][position], len(spans)) if every is not None else 0
        return Example(texts[0], spans, read, texts, _words(value, texts[0]) if every is not None else None)


def _every(key: InputKey) -> InputKey:
    """Return the input that is split alike and read to the end."""
    return replace(key, front_end=key.front_end.splitting.whole)


def _reader(plan: SourcePlan, column: str) -> Callable[[Any], list[str]]:
    """Return what makes texts of a column's cell; raises `ValueError` where the cell is not as it should be."""
    if column in plan.listed:
        return as_texts
    tokenizer = plan.values.get(column)
    text = any(key.column == column and not key.front_end.of_value for key in plan.inputs)

    lists = text and any(key.column == column and key.front_end.tokenizer == "categories" for key in plan.inputs)

    def read(value: Any) -> list[str]:
        if lists and isinstance(value, list):
            raise WrongValueError(
                "should be a text in a column that one input reads as a text and another as a list of categories, such "
                "as 'rock:2|pop'",
                described(value),
                "Write it so, or use two columns.",
            )
        found = as_text(value) if text else value
        return [found if tokenizer is None else whole(value_text(found, tokenizer))]

    return read


def as_texts(value: Any) -> list[str]:
    """Return the texts of a column that holds lists of them; of an empty list, one empty text. Raises `ValueError`."""
    if not isinstance(value, list):
        found = described(value)
        raise WrongValueError("should be a list of texts", found)
    return [as_text(text) for text in value] or [""]


def tokenized(plan: SourcePlan, texts: Mapping[str, Sequence[str]]) -> dict[InputKey, Tokens]:
    """Return the tokens of texts by column, each column's once for every way in which an input reads it."""
    return {key: tokenize(texts[key.column], key.front_end) for key in plan.splittings}


def as_text(value: Any) -> str:
    """Return the text of a column's value: a text itself, or the tokens of a list joined by one space.

    Raises `ValueError` for anything else, and for a token that is empty or only white space. Half a surrogate pair,
    which is no character, becomes U+FFFD.
    """
    if isinstance(value, list) and all(isinstance(token, str) for token in value):
        tokens = [stripped(token) for token in value]
        if "" in tokens:
            found = value[tokens.index("")]
            raise WrongValueError("a token should have at least one character that is no white space", f"{found!r}")
        value = " ".join(tokens)
    if not isinstance(value, str):
        found = described(value)
        raise WrongValueError("should be a text or a list of tokens", found)
    return whole(value)


def _words(value: Any, text: str) -> list[Span] | None:
    """Return where the tokens of a list are in its text, None where white space parts them and nothing else."""
    if not text or not isinstance(value, list) or len(word_spans(text)) == len(value):
        return None
    ends = list(accumulate(len(stripped(token)) + 1 for token in value))
    return [(start, end - 1) for start, end in zip([0, *ends], ends, strict=False)]


def parted_words(cells: Mapping[str, Any]) -> dict[str, str]:
    """Return, by column, the first word of a list that white space parts into several tokens."""
    lists = {column: value for column, value in cells.items() if isinstance(value, list)}
    parted = {column: value for column, value in lists.items() if len(word_spans(as_text(value))) != len(value)}
    return {
        column: next(word for word in value if len(word_spans(whole(word))) > 1) for column, value in parted.items()
    }


def parted_remarks(words: Mapping[str, str], source: Source, row: Row) -> list[tuple[str, Remark, Fault]]:
    """Return what is said of a row with such words; one remark, about the first of them."""
    return [
        ("", Remark(*PARTED, repr(word)), row_place(repr(word), source, row, column))
        for column, word in list(words.items())[:1]
    ]


def at_white_space(plan: SourcePlan) -> set[str]:
    """Return the columns that an input splits at white space."""
    return {key.column for key in plan.inputs if key.front_end.tokenizer == "whitespace"}


def row_spans(tokens: Tokens) -> list[list[Span]]:
    """Return the offsets of every row's tokens; a row that has only the padding token has none."""
    found = tokens.spans()
    spans: list[Span] = list(zip(found[:, 0].tolist(), found[:, 1].tolist(), strict=True))
    bounds = tokens.row_offsets.tolist()
    rows = (spans[start:end] for start, end in pairwise(bounds))
    return [[] if row == [(0, 0)] else row for row in rows]


def fault_if_empty(count: int, source: Source, split: str, base: Path) -> None:
    """Raise `DataError` where every row of a split was left out."""
    if not count:
        raise DataError(source.no_rows(split, base))
