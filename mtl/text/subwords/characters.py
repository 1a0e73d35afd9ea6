"""What a normalizer makes of each character, and whether a word goes on at it: read off the package `tokenizers`.

Its normalizers and pre-tokenizers that an exported graph can have look at one character at a time, so that these tables
say all that they do.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

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
_BETWEEN = "0"  # which normalizers leave as it is, make of no other character, and which is part of words
_CHUNK = 1 << 12  # characters at a time: the package takes more than twice as long for twice as many


@functools.cache
def asked() -> tuple[str, NDArray[np.int32]]:
    """Return the characters that are asked about, and of every code point the place of that whose answers it has.

    Where no character is, in planes 4 to 13, one code point answers for all, and one for the private use of planes 15
    and 16. A surrogate, which no text has, is like the code point after them.
    """
    places = np.arange(0x110000, dtype=np.int32)
    places[_SURROGATES.start : _SURROGATES.stop] = _SURROGATES.stop
    places[0x40000:0xE0000] = 0x40000
    places[0xF0000:] = np.where(places[0xF0000:] & 0xFFFF < 0xFFFE, 0xF0000, 0x40000)
    own = places == np.arange(0x110000)
    return "".join(map(chr, np.flatnonzero(own).tolist())), (np.cumsum(own, dtype=np.int32) - 1)[places]


def normal_forms(normalizer: Normalizer | None) -> list[str]:
    """Return what a normalizer makes of each of the characters that are `asked`."""
    characters, _ = asked()
    if normalizer is None:
        return list(characters)
    before, _, after = characters.partition(_BETWEEN)
    rest = f"{before}{after}"
    forms: list[str] = []
    for start in range(0, len(rest), _CHUNK):
        forms += normalizer.normalize_str(_BETWEEN.join(rest[start : start + _CHUNK])).split(_BETWEEN)
    return [*forms[: len(before)], _BETWEEN, *forms[len(before) :]]


def kinds_of(forms: Sequence[str], pre_tokenizer: PreTokenizer | None, marks: str) -> NDArray[np.uint8]:
    """Return the kind of every code point, [0x110000], for the normal forms of those that are `asked`.

    `pre_tokenizer` is what parts words (None: nothing does) before `marks` begin further ones.
    """
    found = np.array([_kind(form) for form in forms], np.uint8)
    for start in range(0, len(forms) if pre_tokenizer is not None else 0, _CHUNK):
        _part(found[start : start + _CHUNK], forms[start : start + _CHUNK], pre_tokenizer)
    every: NDArray[np.uint8] = found[asked()[1]]
    every[[ord(mark) for mark in marks]] = MARK
    return every


def _kind(form: str) -> int:
    """Return the kind of a character by its normal form, which may have spaces around it to part it from others."""
    if len(form) > 2 and form[0] == form[-1] == " ":
        return ALONE
    return WORD if form else REMOVED


def _part(kinds: NDArray[np.uint8], forms: Sequence[str], pre_tokenizer: Any) -> None:
    """Note the kinds of characters that are no parts of words where their forms are between others that are."""
    parts = np.flatnonzero(kinds == WORD)
    texts = [f"{_BETWEEN}{forms[place]}" for place in parts.tolist()]
    text = f"{''.join(texts)}{_BETWEEN}"
    owners = np.repeat(parts, list(map(len, texts)))  # the last character has none
    spaces, alone = np.ones(len(text), np.bool_), np.zeros(len(text), np.bool_)
    for word, (begin, end) in pre_tokenizer.pre_tokenize_str(text):
        spaces[begin:end] = False
        alone[begin] = end == begin + 1 and word != _BETWEEN
    kinds[owners[np.flatnonzero(spaces)]] = SPACE
    kinds[owners[np.flatnonzero(alone)]] = ALONE


def word_spans(text: str, kinds: NDArray[np.uint8]) -> list[tuple[int, int]]:
    """Return where each word is in a text; characters that are left out stay with the word before them."""
    codes = np.frombuffer(text.encode("utf-32-le"), "<u4")
    return [found.span(found.lastindex or 0) for found in _WORDS.finditer(kinds[codes].tobytes())]


def class_of(kinds: NDArray[np.uint8], wanted: Iterable[int]) -> str:
    """Return what RE2 has between brackets for the characters of some kinds; nothing where there are none."""
    there = np.isin(kinds, list(wanted))
    edges = np.flatnonzero(np.diff(there, prepend=False, append=False)).tolist()
    return "".join(rf"\x{{{first:X}}}-\x{{{last - 1:X}}}" for first, last in zip(edges[::2], edges[1::2], strict=True))
