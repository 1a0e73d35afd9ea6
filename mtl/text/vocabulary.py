"""Strings and their ids: 0 is padding, 1 is every string that has no entry, entries count from 2."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from .. import _featurizer
from ..base.errors import WrongValueError, counted

PADDING = 0
UNKNOWN = 1
FIRST = 2  # id of the first entry
UNKNOWN_TOKEN = "<unknown>"  # how `tokens` shows id 1; text that happens to read so is looked up like any other


class Vocabulary:
    """Words (or characters) in the order of their ids.

    Raises `ValueError` for an entry that is empty (the empty string is padding) or occurs twice.

    >>> vocabulary = Vocabulary(["play", "music"])
    >>> vocabulary.tokens
    ('', '<unknown>', 'play', 'music')
    >>> vocabulary.id("music"), vocabulary.id("opera"), vocabulary.id("")
    (3, 1, 0)
    """

    def __init__(self, entries: Iterable[str] = ()) -> None:
        self.entries = tuple(entries)
        self._ids = {entry: i for i, entry in enumerate(self.entries, FIRST)}
        if "" in self._ids:
            raise WrongValueError("an entry of a vocabulary should be a string of at least one character", "''")
        if len(self._ids) != len(self.entries):
            twice = next(e for i, e in enumerate(self.entries, FIRST) if self._ids[e] != i)
            raise WrongValueError("the entries of a vocabulary should be distinct", f"{twice!r} twice")

    @classmethod
    def build(cls, counts: Iterable[tuple[str, int]], *, min_count: int = 1, max_size: int | None = None) -> Vocabulary:
        """Return the strings seen at least `min_count` times, most frequent first, at most `max_size` of them.

        Equal counts are in code point order, so the result depends on nothing but the counts.
        """
        frequent = sorted((-count, entry) for entry, count in counts if count >= min_count and entry)
        return cls(entry for _, entry in frequent[:max_size])

    @property
    def tokens(self) -> tuple[str, ...]:
        """Return a string for every id: padding `""`, `<unknown>`, then the entries."""
        return ("", UNKNOWN_TOKEN, *self.entries)

    def __len__(self) -> int:
        """Return the number of ids: entries, padding and unknown."""
        return len(self.entries) + FIRST

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and self.entries == other.entries

    def __hash__(self) -> int:
        return hash(self.entries)

    def __repr__(self) -> str:
        return f"<Vocabulary of {counted(len(self.entries), 'entry', 'entries')}>"

    def id(self, token: str) -> int:
        """Return the id of a string as it is (nothing is lower-cased)."""
        return self._ids.get(token, UNKNOWN) if token else PADDING

    @cached_property
    def words(self) -> _featurizer.WordIndex:
        """The entries as the C++ featurizer looks up tokens."""
        return _featurizer.WordIndex(list(self.entries))

    @cached_property
    def characters(self) -> _featurizer.CharacterIndex:
        """The entries as the C++ featurizer looks up single characters."""
        return _featurizer.CharacterIndex(list(self.entries))

    def __getstate__(self) -> dict[str, object]:
        return {"entries": self.entries, "_ids": self._ids}  # the C++ tables are made again on demand
