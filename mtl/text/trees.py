"""Trees of intents and slots over the words of a text, and the brackets that they are written in.

`[IN:GET_EVENT Any [SL:CATEGORY_EVENT holiday ] events ]`: a bracket opens with its label and is closed by a `]` that
stands alone. The outermost one is an intent's and holds all words; in an intent there are words and slots, in a slot
words and intents. A word's own brackets have a backslash before them, and so has a backslash: `\\[`.

Source: Gupta, Shah, Mohit, Kumar and Lewis (2018), "Semantic Parsing for Task Oriented Dialog using Hierarchical
Representations", section 2.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ..base.errors import WrongValueError
from .white_space import words_of

INTENT, SLOT = "IN:", "SL:"
KINDS = (INTENT, SLOT)

_ESCAPED = re.compile(r"\\([\[\]\\])")
_SPECIAL = re.compile(r"[\[\]\\]")
_BARE = re.compile(r"(?:\\.|[^\[\]\\])*")


class Bracket(NamedTuple):
    """A label over words (or tokens) `start` up to `end`, which it does not include."""

    label: str
    start: int
    end: int

    def __str__(self) -> str:
        return f"{self.label}[{self.start}:{self.end}]"


Tree = tuple[Bracket, ...]  # in the order in which they open: each is followed by those inside it


class WrittenTree(NamedTuple):
    """A tree over words, and the words."""

    tree: Tree
    words: tuple[str, ...]


def read_tree(text: str) -> WrittenTree:
    r"""Return the tree that a text of brackets says; raises `ValueError` with what should be and what was found.

    >>> read_tree("[IN:GREET hi [SL:WHO you \\[ ] ]").words
    ('hi', 'you', '[')
    >>> read_tree("[IN:GREET hi [SL:WHO you ] ]").tree
    (Bracket(label='IN:GREET', start=0, end=2), Bracket(label='SL:WHO', start=1, end=2))
    """
    opened: list[int] = []  # places in `found`
    found: list[Bracket] = []
    words: list[str] = []
    for item in words_of(text):
        if item == "]":
            if not opened:
                raise WrongValueError("every ] should close a bracket", f"one that closes none{_after(words)}")
            place = opened.pop()
            found[place] = found[place]._replace(end=len(words))
            if found[place].start == len(words):
                raise WrongValueError("a bracket should hold at least one word", f"none in '[{found[place].label}'")
        elif found and not opened:
            raise WrongValueError("should end with the ] of its outermost bracket", f"'{item}' after it")
        elif item.startswith("["):
            _fault_if_misplaced(item[1:], [found[place].label for place in opened])
            opened.append(len(found))
            found.append(Bracket(item[1:], len(words), len(words)))
        elif not opened:
            raise WrongValueError("should begin with the bracket of an intent, [IN:…", f"'{item}'")
        else:
            words.append(_word(item))
    if opened:
        names = ", ".join(f"'[{found[place].label}'" for place in opened)
        raise WrongValueError("every bracket should be closed by a ] of its own", f"{names} open at the end")
    return WrittenTree(tuple(found), tuple(words))


def written(tree: Sequence[Bracket], words: Sequence[str]) -> str:
    """Return a tree over words as brackets.

    >>> written([Bracket("IN:GREET", 0, 2), Bracket("SL:WHO", 1, 2)], ["hi", "you"])
    '[IN:GREET hi [SL:WHO you ] ]'
    """
    items: list[str] = []
    opened: list[Bracket] = []
    rest = list(reversed(tree))
    for place in range(len(words) + 1):
        while opened and opened[-1].end <= place:
            opened.pop()
            items.append("]")
        while rest and rest[-1].start <= place < len(words):
            opened.append(rest.pop())
            items.append(f"[{opened[-1].label}")
        items += [_SPECIAL.sub(r"\\\g<0>", word) for word in words[place : place + 1]]
    return " ".join(items)


def broken(tree: Sequence[Bracket]) -> bool:
    """Say whether brackets are no tree: one is empty, crosses another, or is where its kind may not be.

    >>> broken([Bracket("IN:A", 0, 2), Bracket("SL:B", 0, 1)]), broken([Bracket("IN:A", 0, 2), Bracket("SL:B", 1, 3)])
    (False, True)
    """
    opened: list[Bracket] = []
    for bracket in tree:
        while opened and opened[-1].end <= bracket.start:
            opened.pop()
        around = opened[-1].label[:3] if opened else SLOT
        if bracket.label[:3] not in KINDS or bracket.label[:3] == around or bracket.start >= bracket.end:
            return True
        if opened and (bracket.start < opened[-1].start or bracket.end > opened[-1].end):
            return True
        if not opened and bracket is not tree[0]:
            return True
        opened.append(bracket)
    return not tree


def _fault_if_misplaced(label: str, around: Sequence[str]) -> None:
    if label[:3] not in KINDS or len(label) == 3:
        raise WrongValueError(
            "a bracket's label should begin with IN: (an intent) or SL: (a slot)",
            f"'[{label}'",
            "" if label[:3] in KINDS else r"A bracket that is part of a word is written as '\[' or '\]'.",
        )
    if not around and not label.startswith(INTENT):
        raise WrongValueError("should begin with the bracket of an intent, [IN:…", f"'[{label}'")
    if around and around[-1][:3] == label[:3]:
        raise WrongValueError(
            "an intent's bracket should hold words and slots, a slot's words and intents",
            f"'[{label}' in '[{around[-1]}'",
        )


def _word(item: str) -> str:
    if not _BARE.fullmatch(item):
        raise WrongValueError(
            "a bracket should have white space around it, or a backslash before it where it is a word's", f"'{item}'"
        )
    return _ESCAPED.sub(r"\1", item)


def _after(words: Sequence[str]) -> str:
    return f" after '{words[-1]}', word {len(words)}" if words else " before any word"
