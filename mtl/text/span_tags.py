"""Labelled spans of characters, and the tags that they give to tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ..base.errors import WrongValueError
from ..base.shown import shown
from .tag_schemes import OUTSIDE
from .white_space import tidy

Span = tuple[int, int]  # [start, end) in characters

_LAST_OF_ONE_UNIT = "\uffff"  # characters beyond it are two units of UTF-16
_UTF_16 = "a character beyond U+FFFF comes before it: offsets should count characters, not the units of UTF-16"


class _Labelled(NamedTuple):
    start: int
    end: int
    label: str

    def __str__(self) -> str:
        return f"{self.start}–{self.end} ({self.label})"


def is_span(item: Any) -> bool:
    """Return whether a value is a span: a dict, or a list of two offsets and a label."""
    if isinstance(item, Mapping):
        return True
    return (
        isinstance(item, (list, tuple))
        and len(item) == 3
        and all(isinstance(offset, (int, float)) for offset in item[:2])
        and isinstance(item[2], str)
    )


def tags_of_spans(spans: Sequence[Any], token_spans: Sequence[Span], text: str) -> list[str]:
    """Return BIO tags for labelled spans of characters: dicts with `start`, `end` and `label`, or lists of the three.

    A token belongs to a span that it overlaps. Raises `ValueError` for a span that is malformed, lies outside the
    text, holds no token, or shares a token with another.

    >>> tags_of_spans([{"start": 5, "end": 13, "label": "song"}], [(0, 4), (5, 8), (9, 13)], "play hey jude")
    ['O', 'B-song', 'I-song']
    """
    tags = [OUTSIDE] * len(token_spans)
    for given in spans:
        span = _checked(given, text)
        inside = _inside(span, token_spans)
        if not inside:
            raise WrongValueError("a span should hold a token", f"none in {span}")
        for i in inside:
            if tags[i] != OUTSIDE:
                word = text[slice(*token_spans[i])]
                raise WrongValueError("spans should not share a token", f"'{word}' in {tags[i][2:]} and {span.label}")
            tags[i] = ("B-" if i == inside[0] else "I-") + span.label
    return tags


def uneven_spans(spans: Sequence[Any], token_spans: Sequence[Span], text: str) -> list[str]:
    """Return a phrase for each span that does not begin and end where tokens do, saying what it is read as.

    >>> uneven_spans([[0, 6, "song"]], [(0, 3), (4, 8)], "hey jude")
    ["0–6 (song): 'hey ju' is read as 'hey jude'"]
    """
    found = []
    for given in spans:
        span = _checked(given, text)
        inside = _inside(span, token_spans)
        start, end = token_spans[inside[0]][0], token_spans[inside[-1]][1]
        if (start, end) != span[:2]:
            read = f"{span}: {text[span.start : span.end]!r} is read as {text[start:end]!r}"
            found.append(f"{read}; {_UTF_16}" if _wide(text[: span.end]) else read)
    return found


def _inside(span: _Labelled, token_spans: Sequence[Span]) -> list[int]:
    return [i for i, token in enumerate(token_spans) if token[0] < span.end and token[1] > span.start]


def _checked(given: Any, text: str) -> _Labelled:
    values = [given.get(key) for key in _Labelled._fields] if isinstance(given, Mapping) else given
    start, end = map(_whole, values[:2])
    label = tidy(values[2]) if isinstance(values[2], str) else ""
    if start is None or end is None or not label:
        raise WrongValueError("a span should have a start and an end (numbers) and a label", shown(given))
    span = _Labelled(start, end, label)
    if not 0 <= start < end <= len(text):
        hint = f"Perhaps {_UTF_16}." if _wide(text) and 0 <= start < end else ""
        raise WrongValueError(
            f"a span should lie within 0–{len(text)}", str(span), hint, kind=f"span beyond the text {hint}"
        )
    return span


def _whole(offset: Any) -> int | None:
    """Return an offset as an integer; tables write whole ones as floats where some are missing."""
    if isinstance(offset, float) and offset.is_integer():
        return int(offset)
    return offset if isinstance(offset, int) else None


def _wide(text: str) -> bool:
    return any(character > _LAST_OF_ONE_UNIT for character in text)
