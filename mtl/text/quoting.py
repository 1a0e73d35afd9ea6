"""Parts of a text by the tokens that they begin and end with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .span_tags import Span


def quote(text: str, spans: Sequence[Span], first: int, last: int) -> str:
    """Return the text from one token to another; nothing where there is no such token.

    >>> quote("She lives in New York .", [(0, 3), (4, 9), (10, 12), (13, 16), (17, 21), (22, 23)], 3, 4)
    'New York'
    """
    if not 0 <= first <= last < len(spans):
        return ""
    return text[spans[first][0] : spans[last][1]]


def found_spans(text: str, tokens: Sequence[str]) -> list[Span]:
    """Return where tokens are in their text, each after the one before it; up to the first that is not there.

    >>> found_spans("a b, a", ["a", "b", ",", "a"])
    [(0, 1), (2, 3), (3, 4), (5, 6)]
    """
    found: list[Span] = []
    at = 0
    for token in tokens:
        start = text.find(token, at)
        if start < 0:
            break
        at = start + len(token)
        found.append((start, at))
    return found
