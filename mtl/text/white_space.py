"""White space, as tokenizers take it, in texts and in the tags and labels beside them."""

from __future__ import annotations

import re
from functools import lru_cache

from .._featurizer import space_ranges

SPACES = "".join(chr(code) for first, last in space_ranges() for code in range(first, last + 1))
_WORD = re.compile(f"[^{re.escape(SPACES)}]+")
_AROUND = re.compile("([BIESLU])[{0}]*-[{0}]*(?=[^{0}])".format(re.escape(SPACES)))


def stripped(text: str) -> str:
    """Return a text without white space at its ends.

    >>> stripped(" New York\u00a0")
    'New York'
    """
    return text.strip(SPACES)


def words_of(text: str) -> list[str]:
    """Return what lies between white space.

    >>> words_of("O B-artist  O ")
    ['O', 'B-artist', 'O']
    """
    return _WORD.findall(text)


def word_spans(text: str) -> list[tuple[int, int]]:
    """Return the spans of a text's words, [start, end) in characters: of what lies between white space."""
    return [match.span() for match in _WORD.finditer(text)]


def tidy(label: str) -> str:
    """Return a label without white space at its ends, a run of it inside as one space.

    >>> tidy("date  of\u00a0birth ")
    'date of birth'
    """
    return " ".join(words_of(label))


@lru_cache(maxsize=4096)  # tags are few, and every token has one
def tidy_tag(tag: str) -> str:
    """Return a tag without white space at its ends and around its letter's hyphen; a run elsewhere is one space.

    >>> tidy_tag(" B- per"), tidy_tag("I -date  of birth"), tidy_tag("A - b")
    ('B-per', 'I-date of birth', 'A - b')
    """
    found = tidy(tag)
    begin = _AROUND.match(found)
    return f"{begin[1]}-{found[begin.end() :]}" if begin else found
