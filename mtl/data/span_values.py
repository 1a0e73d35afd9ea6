"""The values that spans of a label have in training, and rows in which spans have another value of their label."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..text.featurizer import tokenize
from ..text.tag_schemes import CLOSED, Scheme, parsed
from .reading import row_spans

if TYPE_CHECKING:
    from ..graph.calls import InputKey
    from ..text.span_tags import Span
    from .split import Split

SWAPPED = ("bio", "bioes", "bilou")  # schemes in which the tags of a span do not depend on what is beside it
_ROWS = 1024  # whose spans are read together


class SnappedSpan(NamedTuple):
    """Tokens from `start` up to `end` that are one span."""

    start: int
    end: int
    label: str


class Value(NamedTuple):
    """A text with its tokens, and by the task the ids that these have."""

    text: str
    tokens: Sequence[str]
    ids: Mapping[str, NDArray[np.int32]]


class SpanRow(NamedTuple):
    """A row as it is in the source, and where its tokens are in its text."""

    value: Value
    spans: Sequence[Span]

    @property
    def unread(self) -> str:
        """The text after its last token that is read."""
        return self.value.text[self.spans[-1][1] :] if self.spans else ""

    def part(self, start: int, end: int) -> Value:
        """Return the tokens from `start` up to `end`, of which there is at least one."""
        text, tokens, ids = self.value
        characters = text[self.spans[start][0] : self.spans[end - 1][1]]
        return Value(characters, tokens[start:end], {task: of[start:end] for task, of in ids.items()})

    def with_values(self, values: Mapping[SnappedSpan, Value]) -> Value:
        """Return the row with other values in the place of some spans, which come in their order."""
        text, tokens, ids = self.value
        characters, words, kept = 0, 0, []
        pieces: list[str] = []
        for span, value in values.items():
            pieces += [text[characters : self.spans[span.start][0]], value.text]
            kept += [(tokens[words : span.start], {t: of[words : span.start] for t, of in ids.items()}), value[1:]]
            characters, words = self.spans[span.end - 1][1], span.end
        pieces.append(text[characters:])  # what is not read has no ids, but others may read it
        kept.append((tokens[words:], {task: of[words:] for task, of in ids.items()}))
        joined = {task: np.concatenate([of[task] for _, of in kept]) for task in ids}
        return Value("".join(pieces), [token for of, _ in kept for token in of], joined)


def spans_of(tags: Sequence[str | None], scheme: Scheme) -> Iterator[SnappedSpan]:
    """Yield the spans that keep to the grammar of their scheme, which is one of `SWAPPED`.

    >>> list(spans_of(["O", "B-song", "I-song", "B-song", None, "I-song"], "bio"))
    [SnappedSpan(start=1, end=3, label='song'), SnappedSpan(start=3, end=4, label='song')]
    >>> list(spans_of(["B-song", "I-song", "O", "B-song", "E-song", "E-song"], "bioes"))
    [SnappedSpan(start=3, end=5, label='song')]
    """
    closed = scheme in CLOSED
    start: int | None = None
    label = ""
    for at, tag in enumerate([*tags, None]):
        found = None if tag is None else parsed(tag)
        letter = "" if found is None else found.letter
        if found is not None and start is not None and letter in ("I", "E", "L") and found.label == label:
            if letter != "I":
                yield SnappedSpan(start, at + 1, label)
                start = None
            continue
        if start is not None and not closed:
            yield SnappedSpan(start, at, label)
        start = None
        if found is not None and letter in ("S", "U"):
            yield SnappedSpan(at, at + 1, found.label)
        elif found is not None and letter == "B":
            start, label = at, found.label


class SpanValues:
    """The distinct values of the spans of a task's tags on a train split, by label, in the order of the rows.

    `scheme` is that of the tags. `along` are all tasks that have an id for every token of the text, this one among
    them.
    """

    def __init__(self, split: Split, task: str, key: InputKey, scheme: Scheme, along: Sequence[str]) -> None:
        self.split, self.task, self.key, self.scheme, self.along = split, task, key, scheme, tuple(along)
        self.names = split.target_names(task)

    @cached_property
    def values(self) -> dict[str, list[Value]]:
        """The values by label; all rows are read when they are asked for."""
        return {label: list(of.values()) for label, of in self._by_text.items()}

    @cached_property
    def _by_text(self) -> dict[str, dict[str, Value]]:
        found: dict[str, dict[str, Value]] = {}
        for first in range(0, len(self.split), _ROWS):
            for row in self.rows(np.arange(first, min(first + _ROWS, len(self.split)))):
                for span in self.spans_in(row):
                    value = row.part(span.start, span.end)
                    found.setdefault(span.label, {}).setdefault(value.text, value)
        return found

    @cached_property
    def _places(self) -> dict[str, dict[str, int]]:
        return {label: {text: place for place, text in enumerate(of)} for label, of in self._by_text.items()}

    def rows(self, numbers: NDArray[np.int64]) -> list[SpanRow]:
        """Return some rows as they are in the source."""
        texts = self.split.items(self.key, numbers)
        tokens = tokenize(texts, self.key.front_end.splitting)
        ids = {task: self.split.ids(task, numbers) for task in self.along}
        found = []
        for at, (text, words, spans) in enumerate(zip(texts, tokens.strings(), row_spans(tokens), strict=True)):
            value = Value(text, words[: len(spans)], {task: of[at][: len(spans)] for task, of in ids.items()})
            found.append(SpanRow(value, spans))
        return found

    def spans_in(self, row: SpanRow) -> Iterator[SnappedSpan]:
        """Yield the spans of a row, but for one that `max_tokens` may have cut."""
        ids = row.value.ids[self.task].tolist()
        for span in spans_of([self.names[tag] if tag >= 0 else None for tag in ids], self.scheme):
            if self.scheme in CLOSED or span.end < len(row.spans) or not row.unread.strip():
                yield span

    def swapped(self, row: SpanRow, rate: float, generator: np.random.Generator) -> Value:
        """Return a row in which each span has, at a `rate`, another value of its label, where there is another one."""
        found = {}
        for span in self.spans_in(row):
            if generator.random() < rate:
                value = self._another(span.label, row.part(span.start, span.end).text, generator)
                if value is not None:
                    found[span] = value
        return row.with_values(found) if found else row.value

    def _another(self, label: str, text: str, generator: np.random.Generator) -> Value | None:
        values, own = self.values.get(label, []), self._places.get(label, {}).get(text)
        count = len(values) - (own is not None)
        if count < 1:
            return None
        drawn = int(generator.integers(count))
        return values[drawn + (own is not None and drawn >= own)]
