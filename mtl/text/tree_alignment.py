"""Trees and the tokens of a tokenizer: which tokens are in each bracket of a tree that was written over words.

The words are found in the text, whatever white space is between them: `my timer?` has the words of `my timer ?`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from ..base.errors import WrongValueError
from .span_tags import Span
from .trees import Bracket, Tree, WrittenTree
from .white_space import word_spans


def tree_over_tokens(given: WrittenTree, text: str, tokens: Sequence[Span]) -> Tree:
    """Return the tree over a text's tokens, the offsets of which are characters.

    Raises `ValueError` where the words are not those of the text, or a bracket does not begin and end where tokens do.
    """
    places = [place for start, end in word_spans(text) for place in range(start, end)]  # of what is no white space
    _fault_if_other_words(given.words, text, places)
    bounds = [0, *accumulate(map(len, given.words))]
    found = []
    for label, start, end in given.tree:
        first, last = places[bounds[start]], places[bounds[end] - 1] + 1
        inside = [i for i, token in enumerate(tokens) if token[0] < last and token[1] > first]
        if not inside:
            raise WrongValueError(
                "a bracket should hold at least one token", f"none in '[{label}', which holds {text[first:last]!r}"
            )
        for i, begins in ((inside[0], True), (inside[-1], False)):
            if tokens[i][0] < first if begins else tokens[i][1] > last:
                raise WrongValueError(
                    "brackets should begin and end where tokens do",
                    f"'[{label}', which {'begins' if begins else 'ends'} inside {text[slice(*tokens[i])]!r}",
                    "The tokenizer 'unicode_words' divides words at punctuation.",
                )
        found.append(Bracket(label, inside[0], inside[-1] + 1))
    return tuple(found)


def _fault_if_other_words(words: Sequence[str], text: str, places: Sequence[int]) -> None:
    """Raise `ValueError` for the first word that the text does not have where it should be."""
    at = 0
    for number, word in enumerate(words, 1):
        there = "".join(text[place] for place in places[at : at + len(word)])
        if there != word:
            rest = f"there is {text[places[at] :].split()[0]!r}" if at < len(places) else "the text has ended"
            raise WrongValueError(
                "should have the words of the text, in their order", f"{word!r}, word {number}, where {rest}"
            )
        at += len(word)
    if at < len(places):
        raise WrongValueError(
            "should have the words of the text, all of them", f"none for {text[places[at] :].split()[0]!r}"
        )
