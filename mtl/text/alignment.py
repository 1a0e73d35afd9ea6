"""Tags and the tokens of a tokenizer: which tag each token bears where tags were written for other tokens.

Tags belong to the whitespace-separated words of a text (or to the items of a list, joined by one space), or they come
as spans of characters. All offsets are characters, [start, end). Faults are `ValueError`s of one sentence; whoever
knows the row adds file, line and column.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from .featurizer import space_ranges

Scheme = Literal["auto", "bio", "bioes", "plain"]
Span = tuple[int, int]
OUTSIDE = "O"

_SPACE = "".join(f"{chr(first)}-{chr(last)}" for first, last in space_ranges())
_WORD = re.compile(f"[^{_SPACE}]+")
_SPACES = re.compile(f"[{_SPACE}]+")
_TYPED = re.compile(r"([BIES])-(.*)", re.DOTALL)
# What the first, inner and last of several pieces of one tagged word bear.
_PIECES = {"B": "BII", "I": "III", "E": "IIE", "S": "BIE"}


def token_tags(value: Any, tokens: Sequence[Span], text: str, scheme: Scheme = "auto") -> list[str] | None:
    """Return one tag a token for a target column's value; None where it is missing (None, or a blank text).

    `value` is a list of tags or a text of tags between white space, one a whitespace-separated word of `text`, or a
    list of dicts with `start`, `end` and `label` (an empty list: nothing is labelled). Raises `ValueError` saying
    what should be and what was found.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, str):
        return align_tags(split_tags(value), word_spans(text), tokens, scheme)
    if isinstance(value, Sequence) and value and all(isinstance(tag, str) for tag in value):
        if "" in value:
            raise ValueError("a tag should have at least one character. Found ''.")
        return align_tags(list(value), word_spans(text), tokens, scheme)
    if isinstance(value, Sequence) and all(isinstance(span, Mapping) for span in value):
        return tags_of_spans(value, tokens, text)
    if isinstance(value, Sequence):
        kind = Mapping if isinstance(value[0], Mapping) else str
        place = next(i for i, item in enumerate(value) if not isinstance(item, kind))
        raise ValueError(f"should be a list of tags or of spans. Found {value[place]!r}, item {place + 1} of it.")
    raise ValueError(f"should be a list of tags or of spans. Found {type(value).__name__}.")


def word_spans(text: str) -> list[Span]:
    """Return where the whitespace-separated words of a text stand; white space is what the featurizer says it is."""
    return [match.span() for match in _WORD.finditer(text)]


def split_tags(tags: str) -> list[str]:
    """Return the tags of a text of tags between white space.

    >>> split_tags("O B-artist  O ")
    ['O', 'B-artist', 'O']
    """
    return _WORD.findall(tags)


def white_space(token: str) -> str | None:
    """Return the first white space inside a token, or None."""
    found = _SPACES.search(token)
    return found.group() if found else None


def align_tags(
    tags: Sequence[str], tag_spans: Sequence[Span], token_spans: Sequence[Span], scheme: Scheme = "auto"
) -> list[str]:
    """Return one tag a token for tags that belong to the spans `tag_spans` of the same text.

    Where tokens are pieces of a tagged span they inherit its tag: `B-x` becomes `B-x I-x …`, `S-x` becomes
    `B-x … E-x`, `E-x` becomes `I-x … E-x`, anything else is repeated. `auto` takes `B- I- E- S-` for such prefixes,
    `bio` and `bioes` also the bare letters, `plain` takes none. A token that lies over several tagged spans bears
    their tag if they agree, one that lies over none is outside. Raises `ValueError` where counts differ or the tags
    of one token do not agree.

    >>> align_tags(["O", "B-time"], [(0, 2), (3, 7)], [(0, 2), (3, 4), (4, 5), (5, 7)])
    ['O', 'B-time', 'I-time', 'I-time']
    """
    if len(tags) != len(tag_spans):
        raise ValueError(f"should be {_count(len(tag_spans), 'tag')}, one a token. Found {len(tags)}.")
    if list(tag_spans) == list(token_spans):
        return list(tags)
    owners = _owners(tag_spans, token_spans)
    pieces = [0] * len(tags)
    for owner in owners:
        if len(owner) == 1:
            pieces[owner[0]] += 1
    placed = [0] * len(tags)
    found: list[str] = []
    for owner, span in zip(owners, token_spans, strict=True):
        if len(owner) == 1:
            word = owner[0]
            found.append(_piece(tags[word], placed[word], pieces[word], scheme))
            placed[word] += 1
        else:
            found.append(_merged([tags[word] for word in owner], span, scheme))
    return found


def tags_of_spans(spans: Sequence[Mapping[str, Any]], token_spans: Sequence[Span], text: str) -> list[str]:
    """Return BIO tags for labelled spans of characters, dicts with `start`, `end` and `label`.

    A token belongs to a span that it overlaps. Raises `ValueError` for a span that is malformed, lies outside the
    text, holds no token, or shares a token with another.

    >>> tags_of_spans([{"start": 5, "end": 13, "label": "song"}], [(0, 4), (5, 8), (9, 13)], "play hey jude")
    ['O', 'B-song', 'I-song']
    """
    tags = [OUTSIDE] * len(token_spans)
    for span in spans:
        start, end, label = _checked(span, text)
        inside = [i for i, token in enumerate(token_spans) if token[0] < end and token[1] > start]
        if not inside:
            raise ValueError(f"a span should hold a token. Found none in {start}–{end} ({label}).")
        for i in inside:
            if tags[i] != OUTSIDE:
                word = text[slice(*token_spans[i])]
                raise ValueError(f"spans should not share a token. Found '{word}' in {tags[i][2:]} and {label}.")
            tags[i] = ("B-" if i == inside[0] else "I-") + label
    return tags


def _checked(span: Mapping[str, Any], text: str) -> tuple[int, int, str]:
    start, end, label = span.get("start"), span.get("end"), span.get("label")
    if not (isinstance(start, int) and isinstance(end, int) and isinstance(label, str) and label):
        raise ValueError(f"a span should have a start and an end (numbers) and a label. Found {dict(span)}.")
    if not 0 <= start < end <= len(text):
        raise ValueError(f"a span should lie within 0–{len(text)}. Found {start}–{end} ({label}).")
    return start, end, label


def _owners(tag_spans: Sequence[Span], token_spans: Sequence[Span]) -> list[list[int]]:
    """Return for each token the tagged spans that it overlaps; both are in order and do not overlap themselves."""
    found: list[list[int]] = []
    first = 0
    for start, end in token_spans:
        while first < len(tag_spans) and tag_spans[first][1] <= start:
            first += 1
        owner = []
        word = first
        while word < len(tag_spans) and tag_spans[word][0] < end:
            owner.append(word)
            word += 1
        found.append(owner)
    return found


def _split(tag: str, scheme: Scheme) -> tuple[str, str] | None:
    """Return a tag's prefix letter and what follows it, None where it has none."""
    if scheme == "plain":
        return None
    if scheme != "auto" and tag in _PIECES:
        return tag, ""
    typed = _TYPED.fullmatch(tag)
    return (typed[1], f"-{typed[2]}") if typed else None


def _piece(tag: str, index: int, count: int, scheme: Scheme) -> str:
    parts = _split(tag, scheme)
    if parts is None or count == 1:
        return tag
    letters, rest = _PIECES[parts[0]], parts[1]
    return letters[0 if index == 0 else 2 if index == count - 1 else 1] + rest


def _merged(tags: list[str], span: Span, scheme: Scheme) -> str:
    """Return the tag of a token that lies over several tagged spans, or over none."""
    if not tags:
        return OUTSIDE
    parts = [_split(tag, scheme) for tag in tags]
    first = parts[0]
    if first is None:
        agree = all(tag == tags[0] for tag in tags)
    else:
        agree = all(p is not None and p[1] == first[1] and p[0] in "IE" for p in parts[1:])
    if not agree:
        raise ValueError(f"a token should bear one tag. Found {', '.join(tags)} for the token at {span[0]}–{span[1]}.")
    last = parts[-1]
    if first is not None and last is not None and last[0] == "E":
        return ("S" if first[0] == "B" else "E") + first[1]
    return tags[0]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number != 1 else ''}"
