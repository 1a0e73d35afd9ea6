"""Whether the tags of a row keep to the grammar of their scheme, and how many rows of a split do not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ..base.errors import Fault
from ..text.alignment import tidy_tags
from ..text.span_tags import is_span
from ..text.tag_schemes import CLOSED, OUTSIDE, Scheme, breaking_tag, first_break
from .kept_files import found_file, kept_file

OF_CHARACTERS = "spans of characters, whose tags are BIO"


class GrammarCheck(NamedTuple):
    """What first breaks the grammar in a row with spans, empty where nothing does; `item` counts its tags from 0."""

    example: str
    item: int | None = None


def grammar_check(value: Any, scheme: Scheme) -> GrammarCheck | None:
    """Check a target column's value; None for one without spans, and for what is no list of tags or of spans.

    Of spans of characters B- begins the first one, and nothing closes the last one.

    >>> grammar_check("O I-per", "bio"), grammar_check("O O", "bio")
    (GrammarCheck(example="'I-per' after 'O'", item=1), None)
    """
    tags = tidy_tags(value)
    if tags is None:
        if not isinstance(value, list) or not value or not all(map(is_span, value)):
            return None
        return GrammarCheck(OF_CHARACTERS if scheme in (*CLOSED, "iob1") else "")
    if all(tag in (None, OUTSIDE) for tag in tags):
        return None
    example = first_break(tags, scheme)
    return GrammarCheck(example, breaking_tag(tags, scheme)) if example else GrammarCheck("")


class GrammarCounts:
    """Counts, by task, the rows of a split with spans and those of them that break the grammar."""

    def __init__(self) -> None:
        self._rows: dict[str, int] = {}
        self._broken: dict[str, int] = {}
        self._first: dict[str, Fault] = {}

    def add(self, checks: Iterable[tuple[str, Fault | None]]) -> None:
        """Take in rows with spans, each with its task and what breaks the grammar there, if anything does."""
        for task, fault in checks:
            self._rows[task] = self._rows.get(task, 0) + 1
            if fault is not None:
                self._broken[task] = self._broken.get(task, 0) + 1
                self._first.setdefault(task, fault)

    def kept(self, root: str) -> dict[str, dict[str, Any]]:
        """Return them as JSON-able values; files under `root`, where the split lies, may move with it."""
        return {
            task: {
                "rows": rows,
                "broken": self._broken.get(task, 0),
                "first": {**vars(first), "file": kept_file(first.file or "", root)} if first else None,
            }
            for task, rows in self._rows.items()
            for first in [self._first.get(task)]
        }


def first_broken(kept: Mapping[str, Any], root: str) -> Fault | None:
    """Return the first row that breaks the grammar, of what `GrammarCounts.kept` has of a task."""
    first = kept["first"]
    return None if first is None else Fault(**{**first, "file": found_file(first["file"], root)})
