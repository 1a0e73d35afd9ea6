"""Tags and the tokens of a tokenizer: which tag each token gets where tags were written for other tokens.

Tags belong to the whitespace-separated words of a text (or to the items of a list, joined by one space), or they come
as spans of characters. All offsets are characters, [start, end). Faults are `ValueError`s of one sentence; the
caller adds file, line and column.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ..base.errors import WrongValueError, counted
from ..base.shown import shown
from .span_tags import Span, is_span, tags_of_spans
from .tag_rule import ANY, TagRule
from .tag_schemes import LETTERS, OUTSIDE, Scheme
from .white_space import stripped, tidy_tag, word_spans, words_of

_TYPED = re.compile(r"([BIESLU])-(.*)", re.DOTALL)
# What the first, inner and last of several pieces of one tagged word get.
_PIECES = {"B": "BII", "I": "III", "E": "IIE", "S": "BIE", "L": "IIL", "U": "BIL"}


def token_tags(
    value: Any,
    tokens: Sequence[Span],
    text: str,
    scheme: Scheme = "auto",
    *,
    rule: TagRule = ANY,
    words: Sequence[Span] | None = None,
) -> list[str | None] | None:
    """Return one tag per token for a target column's value; None where it is missing (None, or a blank text).

    `value` is a list of tags or a text of tags between white space, one for each of `words` (without them: of the
    whitespace-separated words of `text`), or a list of spans (an empty list: nothing is labelled). A tag that is None
    leaves its tokens without a label. Raises `ValueError` saying what should be and what was found, also for a tag
    that breaks `rule`.
    """
    if value is None or (isinstance(value, str) and not stripped(value)):
        return None
    if not isinstance(value, (str, Sequence)):
        raise WrongValueError("should be a list of tags or of spans", f"{type(value).__name__}")
    if not isinstance(value, str) and all(is_span(item) for item in value):
        tagged: list[str | None] = [*tags_of_spans(value, tokens, text)]
        rule.check(tagged)
        return tagged
    tags = tidy_tags(value)
    if tags is None:
        fits = is_span if is_span(value[0]) else _is_tag
        place = next(i for i, item in enumerate(value) if not fits(item))
        raise WrongValueError("should be a list of tags or of spans", f"{shown(value[place])}, item {place + 1} of it")
    if "" in tags:
        raise WrongValueError("a tag should have at least one character", f"{value[tags.index('')]!r}")
    given = word_spans(text) if words is None else words
    _check_count(tags, given)
    rule.check(tags)
    return align_tags(tags, given, tokens, scheme)


def tidy_tags(value: Any) -> list[str | None] | None:
    """Return the tags of a text or list of tags, white space in them tidied; None for anything else.

    >>> tidy_tags(["O", "B- per ", None]), tidy_tags([{"start": 0}])
    (['O', 'B-per', None], None)
    """
    if isinstance(value, str):
        return [*words_of(value)]
    if not isinstance(value, Sequence) or not value or not all(map(_is_tag, value)):
        return None
    return [None if tag is None else tidy_tag(tag) for tag in value]


def _is_tag(item: Any) -> bool:
    return item is None or isinstance(item, str)


def align_tags(
    tags: Sequence[str | None], tag_spans: Sequence[Span], token_spans: Sequence[Span], scheme: Scheme = "auto"
) -> list[str | None]:
    """Return one tag per token for tags that belong to the spans `tag_spans` of the same text.

    Where tokens are pieces of a tagged span they inherit its tag: `B-x` becomes `B-x I-x …`, `S-x` becomes
    `B-x … E-x`, `E-x` becomes `I-x … E-x` (`U-` and `L-` alike), anything else is repeated. `auto` takes `B- I- E- S-`
    for such prefixes, a scheme its own and their bare letters, `plain` takes none. A token that lies over several
    tagged spans gets their tag if they agree and none if one of them has none; one that lies over no span is outside.
    Raises `ValueError` where counts differ or the tags of one token do not agree.

    >>> align_tags(["O", "B-time"], [(0, 2), (3, 7)], [(0, 2), (3, 4), (4, 5), (5, 7)])
    ['O', 'B-time', 'I-time', 'I-time']
    """
    _check_count(tags, tag_spans)
    if list(tag_spans) == list(token_spans):
        return list(tags)
    owners = _owners(tag_spans, token_spans)
    pieces = [0] * len(tags)
    for owner in owners:
        if len(owner) == 1:
            pieces[owner[0]] += 1
    placed = [0] * len(tags)
    found: list[str | None] = []
    for owner, span in zip(owners, token_spans, strict=True):
        if len(owner) == 1:
            word = owner[0]
            found.append(_piece(tags[word], placed[word], pieces[word], scheme))
            placed[word] += 1
        else:
            found.append(_merged([tags[word] for word in owner], span, scheme))
    return found


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
    letters = LETTERS.get(scheme, "BIES")
    if scheme != "auto" and tag in tuple(letters):
        return tag, ""
    typed = _TYPED.fullmatch(tag)
    return (typed[1], f"-{typed[2]}") if typed and typed[1] in letters else None


def _piece(tag: str | None, index: int, count: int, scheme: Scheme) -> str | None:
    parts = None if tag is None else _split(tag, scheme)
    if parts is None or count == 1:
        return tag
    letters, rest = _PIECES[parts[0]], parts[1]
    return letters[0 if index == 0 else 2 if index == count - 1 else 1] + rest


def _merged(found: list[str | None], span: Span, scheme: Scheme) -> str | None:
    """Return the tag of a token that lies over several tagged spans, or over none."""
    if not found:
        return OUTSIDE
    tags = [tag for tag in found if tag is not None]
    if len(tags) < len(found):
        return None
    parts = [_split(tag, scheme) for tag in tags]
    first = parts[0]
    if first is None:
        agree = all(tag == tags[0] for tag in tags)
    else:
        agree = all(p is not None and p[1] == first[1] and p[0] in "IEL" for p in parts[1:])
    if not agree:
        raise WrongValueError("a token should have one tag", f"{', '.join(tags)} for the token at {span[0]}–{span[1]}")
    last = parts[-1]
    if first is not None and last is not None and last[0] in "EL":
        return ({"E": "S", "L": "U"}[last[0]] if first[0] == "B" else last[0]) + first[1]
    return tags[0]


def _check_count(tags: Sequence[str | None], words: Sequence[Span]) -> None:
    if len(tags) != len(words):
        raise WrongValueError(
            f"should be {counted(len(words), 'tag')}, one per token", str(len(tags)), kind="number of tags"
        )
