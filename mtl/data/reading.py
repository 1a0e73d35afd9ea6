"""Rows of a source as its tasks need them: texts, tokens and labels, a chunk of rows in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.errors import DataError, Fault, listing, near_miss
from ..sources.values import spelled, whole
from ..text.alignment import Span, white_space
from ..text.featurizer import Tokens, tokenize
from .batch import front_end, leaves
from .ranking import Ranking

if TYPE_CHECKING:
    from ..graph.sharing_graph import InputKey, SharingGraph
    from ..recipe.config import Recipe, TaskConfig
    from ..sources import Row, Source
    from .batch import FrontEnd

CHUNK = 1024  # rows in memory at a time

Target = str | list[str] | None


@dataclass(frozen=True)
class Plan:
    """What is read of a source: the tasks on it, and its inputs with the leaf embeddings that they flow into."""

    source: str
    tasks: tuple[TaskConfig, ...]
    inputs: dict[InputKey, tuple[str, ...]]
    first: dict[str, InputKey]  # the input whose tokens a task's targets belong to
    ranking: Ranking | None = None  # what the source's ranking task says about its rows, if it has one

    @classmethod
    def of(cls, graph: SharingGraph, source: str) -> Plan:
        """Return the plan of one source of a graph."""
        names = graph.streams()[source]
        first = {name: next(iter(graph.inputs(name).values())) for name in names}
        tasks = tuple(graph.recipe.tasks[name] for name in names)
        ranking = next((Ranking.of(task) for task in tasks if task.task.level == "pair"), None)
        return cls(source, tasks, leaves(graph, names), first, ranking)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that hold texts."""
        return tuple(dict.fromkeys(key.column for key in self.inputs))

    @property
    def front_ends(self) -> tuple[FrontEnd, ...]:
        """The ways in which columns become tokens, each once."""
        return tuple(dict.fromkeys(map(front_end, self.inputs)))


@dataclass
class Chunk:
    """Some consecutive rows of a split; everything has one entry a row."""

    texts: dict[str, list[str]]
    tokens: dict[FrontEnd, Tokens]
    targets: dict[str, list[Target]]
    pretokenized: frozenset[str]
    unread: dict[str, int] = field(default_factory=dict)  # tags behind `max_tokens`, by task

    def __len__(self) -> int:
        return len(next(iter(self.texts.values())))


def chunks(plan: Plan, source: Source, split: str, base: Path) -> Iterator[Chunk]:
    """Yield the rows of a split in order, tokenized and labelled.

    Raises `DataError` naming file, line and column of a row that is malformed or whose labels do not fit its
    tokens, or leaves it out where the source says so.
    """
    read = source.read(split, base)
    while rows := list(islice(read, CHUNK)):
        chunk, faults = _chunk(plan, source, rows)
        if faults:
            for position in sorted(faults):
                source.bad_row(faults[position], split)
            chunk, _ = _chunk(plan, source, [row for i, row in enumerate(rows) if i not in faults])
        if len(chunk):
            yield chunk


def check_columns(plan: Plan, source: Source, split: str, recipe: Recipe) -> list[Fault]:
    """Return a fault for every column that the tasks on a source name and the split does not have."""
    there = source.columns(split, recipe.data)
    wanted: dict[str, list[str]] = {}
    for task in plan.tasks:
        for name, given in task.inputs.items():
            wanted.setdefault(given.column, []).append(f"the input '{name}' of task '{task.name}'")
        if task.target:
            wanted.setdefault(task.target, []).append(f"the target of task '{task.name}'")
        for key, column in task.task.columns().items():
            wanted.setdefault(column, []).append(f"the {key} of task '{task.name}'")
    file = str(source.path(split, recipe.data))
    return [
        Fault(
            f"should have a column '{column}': {' and '.join(uses)}. "
            f"Found the columns {listing(there)}.{near_miss(column, there)}",
            file=file,
        )
        for column, uses in wanted.items()
        if column not in there
    ]


def _chunk(plan: Plan, source: Source, rows: Sequence[Row]) -> tuple[Chunk, dict[int, Fault]]:
    """Return the chunk of some rows, and the faults of malformed ones by their position."""
    faults: dict[int, Fault] = {}

    def note(position: int, column: str, error: ValueError) -> None:
        row = rows[position]
        place = f"column '{column}'"
        faults.setdefault(position, Fault(str(error), file=source.file_of(row, column), line=row.line, path=place))

    texts: dict[str, list[str]] = {column: [] for column in plan.columns}
    for column, found in texts.items():
        for position, row in enumerate(rows):
            text = ""
            try:
                text = as_text(row.values.get(column))
            except ValueError as error:
                note(position, column, error)
            found.append(text)
    tokens = tokenized(plan, texts)
    labelled = dict.fromkeys(_labelled(task, plan.first[task.name]) for task in plan.tasks)
    offsets = {
        front: row_spans(tokens[front] if front in tokens else tokenize(texts[front.column], front.tokenizer))
        for front in labelled
    }
    targets: dict[str, list[Target]] = {}
    unread: dict[str, int] = {}
    for task in plan.tasks:
        key = plan.first[task.name]
        spans = offsets[_labelled(task, key)]
        targets[task.name] = found_targets = []
        unread[task.name] = 0
        for position, row in enumerate(rows):
            target: Target = None
            try:
                value = row.values.get(task.target or "")
                target = _target(task, value, spans[position], texts[key.column][position], key.max_tokens)
            except ValueError as error:
                note(position, task.target or "", error)
            if task.task.level == "token" and target is not None:
                unread[task.name] += len(spans[position]) - len(target)
            found_targets.append(target)
    lists = frozenset(column for column in texts if any(isinstance(row.values.get(column), list) for row in rows))
    return Chunk(texts, tokens, targets, lists, unread), faults


def _labelled(task: TaskConfig, key: InputKey) -> FrontEnd:
    """Return the tokens that labels are given for: one a token is given for all of a text, however many are read."""
    return front_end(key)._replace(max_tokens=0) if task.task.level == "token" else front_end(key)


def tokenized(plan: Plan, texts: Mapping[str, Sequence[str]]) -> dict[FrontEnd, Tokens]:
    """Return the tokens of texts by column, each column's once for every way in which an input reads it."""
    return {front: tokenize(texts[front.column], front.tokenizer, front.max_tokens) for front in plan.front_ends}


def as_text(value: Any) -> str:
    """Return the text of a column's value: a text itself, or the tokens of a list joined by one space.

    Raises `ValueError` for anything else, and for a token that is empty or has white space inside. Half a surrogate
    pair, which is no character, becomes U+FFFD.
    """
    if isinstance(value, list) and all(isinstance(token, str) for token in value):
        if "" in value:
            raise ValueError("a token should have at least one character. Found ''.")
        if white_space("".join(value)):
            split = next(token for token in value if white_space(token))
            raise ValueError(f"a token should have no white space inside. Found {split!r}.")
        value = " ".join(value)
    if not isinstance(value, str):
        found = "nothing" if value is None else f"{type(value).__name__}: {short(value)}"
        raise ValueError(f"should be a text or a list of tokens. Found {found}.")
    return whole(value)


def row_spans(tokens: Tokens) -> list[list[Span]]:
    """Return the offsets of every row's tokens; a row that has only the padding token has none."""
    found = tokens.spans()
    spans: list[Span] = list(zip(found[:, 0].tolist(), found[:, 1].tolist(), strict=True))
    bounds = tokens.row_offsets.tolist()
    rows = (spans[start:end] for start, end in pairwise(bounds))
    return [[] if row == [(0, 0)] else row for row in rows]


def _target(task: TaskConfig, value: Any, spans: Sequence[Span], text: str, max_tokens: int) -> Target:
    """Return a row's label, or one label for each token that is read; None where it has none."""
    if value is None or value == "":
        return None
    number = next((tag for tag in value if isinstance(tag, (int, float))), None) if isinstance(value, list) else None
    if number is not None and task.task.level == "token":
        raise ValueError(f"a tag should be a text. Found {type(number).__name__}: {number}.")
    found = task.task.targets(spelled(value), spans, text)
    if found is None or task.task.level == "row":
        return found or None
    if len(found) != len(spans):
        raise ValueError(f"should be one label for each of {len(spans)} tokens. Found {len(found)}.")
    return list(found[: max_tokens or None]) or None


def short(value: Any) -> str:
    """Return a value as it stands in a message."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def fault_if_empty(count: int, source: Source, split: str, base: Path) -> None:
    """Raise `DataError` where every row of a split was left out."""
    if not count:
        message = f"should have rows that are not malformed. Found {len(source.skipped_in(split))} that are."
        raise DataError(Fault(message, file=str(source.path(split, base))))
