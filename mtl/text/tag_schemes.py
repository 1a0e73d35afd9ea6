"""Tag schemes: which tags mark spans, what may follow what, and which scheme a whole set of tags is written in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Literal, NamedTuple

Scheme = Literal["auto", "bio", "bioes", "bilou", "iob1", "plain"]
OUTSIDE = "O"
# The letters with which tags of a scheme begin. BIOUL is BILOU; in IOB1 a span begins with I-, with B- only directly
# after another one of its label (Ramshaw and Marcus, 1995).
LETTERS: Mapping[str, str] = {"bio": "BI", "bioes": "BIES", "bilou": "BILU", "iob1": "BI"}
OPENING, CLOSING = "BI", "ESLU"
CLOSED: tuple[Scheme, ...] = ("bioes", "bilou")  # schemes in which every span is closed

_TYPED = re.compile(r"([BIESLU])-(.+)", re.DOTALL)
_FIRST = re.compile(r"([BIESLUbieslu])[-_:/](.+)", re.DOTALL)
_LAST = re.compile(r"(.+)[-_:/]([BIESLU])", re.DOTALL)
_FEW = 10  # tags for each other one, at least, where the other is taken for a mistake


class Tag(NamedTuple):
    """A tag's letter (`O` outside) and the label of its span; '' outside, and where the letter is all."""

    letter: str
    label: str


@lru_cache(maxsize=4096)  # tags are few, and every token has one
def parsed(tag: str) -> Tag | None:
    """Return the parts of a tag of any scheme that marks spans, None for any other text.

    >>> parsed("B-a-b"), parsed("O"), parsed("I"), parsed("NOUN")
    (Tag(letter='B', label='a-b'), Tag(letter='O', label=''), Tag(letter='I', label=''), None)
    """
    if tag == OUTSIDE or (len(tag) == 1 and tag in OPENING + CLOSING):
        return Tag(tag, "")
    found = _TYPED.fullmatch(tag)
    return Tag(found[1], found[2]) if found else None


def follows(before: Tag, tag: Tag, scheme: Scheme) -> bool:
    """Return whether a tag of a scheme may follow another one; the ends of a row count as `O`.

    An inside or end tag continues a span of its own label. Where every span is closed (by `E- S-` or `L- U-`), a begin
    or inside tag must be continued as well. In IOB1 an inside tag may begin a span, and a begin tag follows a tag of
    its own label.
    """
    is_open = before.letter in OPENING
    if scheme == "iob1":
        return tag.letter != "B" or (is_open and before.label == tag.label)
    if tag.letter in "IEL":
        return is_open and before.label == tag.label
    return not (is_open and scheme in CLOSED)


def first_break(tags: Sequence[str | None], scheme: Scheme) -> str | None:
    """Return what first breaks the grammar of a scheme in these tags, None where nothing does.

    A token without a label (None) may be anything. Tags of no scheme are passed over as such.

    >>> first_break(["O", "I-per"], "bio")
    "'I-per' after 'O'"
    """
    position = _break(tags, scheme)
    if position is None:
        return None
    if position == len(tags):
        return f"'{tags[-1]}' at the end"
    return f"'{tags[0]}' at the beginning" if position == 0 else f"'{tags[position]}' after '{tags[position - 1]}'"


def breaking_tag(tags: Sequence[str | None], scheme: Scheme) -> int | None:
    """Return the position of the tag that first breaks the grammar of a scheme, None where none does.

    It is the last one of a span that should be closed and is not.

    >>> breaking_tag(["O", "B-per", "O"], "bioes"), breaking_tag(["O", "B-per", "O"], "iob1")
    (1, 1)
    """
    position = _break(tags, scheme)
    if position is None or position == len(tags):
        return None if position is None else position - 1
    tag = parsed(tags[position] or "")
    return position - 1 if scheme in CLOSED and tag and tag.letter not in "IEL" else position


def _break(tags: Sequence[str | None], scheme: Scheme) -> int | None:
    """Return the position of the first tag that may not follow the one before it; the end is one too."""
    for position, (before, tag) in enumerate(pairwise([OUTSIDE, *tags, OUTSIDE])):
        known, new = (None if side is None else parsed(side) for side in (before, tag))
        if known and new and not follows(known, new, scheme):
            return position
    return None


def intended(tag: str) -> str | None:
    """Return the tag that was probably meant by one of no scheme.

    >>> intended("o"), intended("B_PER"), intended("per-B"), intended("NOUN")
    ('O', 'B-PER', 'B-per', None)
    """
    if tag in ("o", "0"):
        return OUTSIDE
    first = _FIRST.fullmatch(tag)
    if first:
        return f"{first[1].upper()}-{first[2]}"
    last = _LAST.fullmatch(tag)
    return f"{last[2]}-{last[1]}" if last else None


def family(tags: Mapping[str, int]) -> Scheme:
    """Return the scheme of tags that mark spans, by their letters; `tags` says how often each occurs.

    Where spans are closed there are as many tags that begin a longer one as tags that end it: a few ends among many
    begins are mistakes.

    >>> family({"B-per": 30, "S-per": 2}), family({"B-per": 30, "E-per": 30})
    ('bio', 'bioes')
    """
    letters = dict.fromkeys("BESLU", 0)
    for tag, count in tags.items():
        found = parsed(tag)
        if found and found.letter in letters:
            letters[found.letter] += count
    ends, lasts = letters["E"] + letters["S"], letters["L"] + letters["U"]
    if not ends + lasts or are_few(ends + lasts, letters["B"]):
        return "bio"
    return "bioes" if ends >= lasts else "bilou"


def are_few(these: int, others: int) -> bool:
    """Return whether so many tags are few beside others, so that they are taken for mistakes."""
    return others >= _FEW * these


def scheme_of(tags: Mapping[str, int]) -> Scheme:
    """Return the scheme that a whole set of tags is written in; `tags` says how often each occurs.

    They mark spans if those with a letter and a label make a scheme (`E-x` or `L-x` needs `B-x` or `I-x`) and the
    others are none, look like misspelled ones, or are few: how many different ones they are does not count. Else they
    are `plain`, as are bare letters.

    >>> scheme_of({"O": 9, "B-per": 2, "o": 1}), scheme_of({"O": 9, "E-mail": 2}), scheme_of({"NOUN": 3})
    ('bio', 'plain', 'plain')
    """
    spans = dict(typed(tags))
    opened = {found.label for found in map(parsed, spans) if found and found.letter in OPENING}
    made = {
        tag: count
        for tag, count in spans.items()
        if (found := parsed(tag)) and (found.label in opened or (opened and found.letter in "SU"))
    }
    best = family(made)
    inside = {tag: count for tag, count in made.items() if tag[0] in LETTERS[best]}
    strange = sum(n for t, n in tags.items() if t != OUTSIDE and t not in inside and (t in spans or not intended(t)))
    if set(tags) <= {OUTSIDE}:
        return "bio"
    return best if inside and are_few(strange, sum(inside.values())) else "plain"


def typed(tags: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """Yield the tags that have a letter and a label."""
    for tag, count in tags.items():
        if _TYPED.fullmatch(tag):
            yield tag, count
