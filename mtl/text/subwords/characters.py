"""What a normalizer makes of each character, and whether a word goes on at it: read off the package `tokenizers`.

Its normalizers and pre-tokenizers that an exported graph can have look at one character at a time, so that these tables
say all that they do.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tokenizers.normalizers import Normalizer
    from tokenizers.pre_tokenizers import PreTokenizer

# Kinds of characters: between words, left out by the normalizer, a word by itself, part of a word, and one that begins
# a word and stands for white space (`▁`).
SPACE, REMOVED, ALONE, WORD, MARK = b"srawm"
_WORDS = re.compile(rb"(?:mr*)?(w[wr]*)|(ar*|m)")
_SURROGATES = range(0xD800, 0xE000)
_BETWEEN = "0"  # which normalizers leave as it is, and make of no other character
_CHUNK = 1 << 16


@functools.cache
def every_character() -> str:
    """Return all code points but surrogates, in their order."""
    return "".join(map(chr, (*range(_SURROGATES.start), *range(_SURROGATES.stop, 0x110000))))


def normal_forms(normalizer: Normalizer | None) -> list[str]:
    """Return what a normalizer makes of each of `every_character`."""
    if normalizer is None:
        return list(every_character())
    before, _, after = every_character().partition(_BETWEEN)
    forms: list[str] = normalizer.normalize_str(_BETWEEN.join((*before, *after))).split(_BETWEEN)
    return [*forms[: len(before)], _BETWEEN, *forms[len(before) :]]


def kinds_of(forms: Sequence[str], pre_tokenizer: PreTokenizer | None, marks: str) -> NDArray[np.uint8]:
    """Return the kind of every code point, [0x110000], for the normal forms of `every_character`.

    `pre_tokenizer` is what parts words (None: nothing does) before `marks` begin further ones.
    """
    kinds = [WORD if form else REMOVED for form in forms] if pre_tokenizer is None else _parted(forms, pre_tokenizer)
    found = np.array(kinds, np.uint8)
    gap = np.full(len(_SURROGATES), found[_SURROGATES.start], np.uint8)  # which no text has
    found = np.concatenate([found[: _SURROGATES.start], gap, found[_SURROGATES.start :]])
    found[[ord(mark) for mark in marks]] = MARK
    return found


def _parted(forms: Sequence[str], pre_tokenizer: PreTokenizer) -> Iterator[int]:
    """Yield the kind of each form, by the words that are found where it is between two others."""
    for start in range(0, len(forms), _CHUNK):
        some = [f"{_BETWEEN}{form}{_BETWEEN}" for form in forms[start : start + _CHUNK]]
        words = (word for word, _ in pre_tokenizer.pre_tokenize_str("\n".join(some)))
        for whole in some:
            if next(words) == whole:
                yield WORD if len(whole) > 2 * len(_BETWEEN) else REMOVED
            elif next(words) == _BETWEEN:
                yield SPACE
            else:
                next(words)
                yield ALONE


def word_spans(text: str, kinds: NDArray[np.uint8]) -> list[tuple[int, int]]:
    """Return where each word is in a text; characters that are left out stay with the word before them."""
    codes = np.frombuffer(text.encode("utf-32-le"), "<u4")
    return [found.span(found.lastindex or 0) for found in _WORDS.finditer(kinds[codes].tobytes())]


def class_of(kinds: NDArray[np.uint8], wanted: Iterable[int]) -> str:
    """Return what RE2 has between brackets for the characters of some kinds; nothing where there are none."""
    there = np.isin(kinds, list(wanted))
    edges = np.flatnonzero(np.diff(there, prepend=False, append=False)).tolist()
    return "".join(rf"\x{{{first:X}}}-\x{{{last - 1:X}}}" for first, last in zip(edges[::2], edges[1::2], strict=True))
