"""What is done to a token before it is looked up, and the tables of it that the C++ featurizer has."""

from __future__ import annotations

import enum
import functools

from .. import _featurizer

__all__ = [
    "Normalization",
    "character_map",
    "combining_classes",
    "compatible",
    "compositions",
    "lower_case",
    "without_accents",
]

_SYLLABLES, _LEADING, _VOWELS, _TRAILING = 0xAC00, 0x1100, 0x1161, 0x11A7  # Hangul (Unicode, section 3.12)


class Normalization(enum.IntFlag):
    """Normalizations of a token, as the C++ featurizer takes them.

    They are done in the order NFKC, lower case, accents, lower case of ASCII alone.
    """

    ASCII_LOWERCASE = 1
    LOWERCASE = 2
    STRIP_ACCENTS = 4
    NFKC = 8


@functools.cache
def lower_case() -> dict[str, str]:
    """Return the simple lower-case mapping of every character that has one."""
    return {chr(c): chr(lower) for c, lower in _featurizer.lower_case()}


@functools.cache
def without_accents() -> dict[str, str]:
    """Return what is left of every character whose canonical decomposition has marks (Mn): `""` of a mark."""
    return {chr(c): "".join(map(chr, kept)) for c, kept in _featurizer.without_accents()}


@functools.cache
def compatible() -> dict[str, str]:
    """Return the compatibility decompositions (NFKD); Hangul syllables are left out."""
    return {chr(c): "".join(map(chr, text)) for c, text in _featurizer.compatible()}


@functools.cache
def combining_classes() -> dict[str, int]:
    """Return the canonical combining classes that are not 0."""
    return {chr(c): value for first, last, value in _featurizer.combining_classes() for c in range(first, last + 1)}


@functools.cache
def compositions() -> dict[str, str]:
    """Return what NFC makes of two characters, by both as one string; Hangul is in it."""
    pairs = {chr(first) + chr(second): chr(composed) for first, second, composed in _featurizer.compositions()}
    for syllable in range(19 * 21):
        open_syllable = chr(_SYLLABLES + 28 * syllable)
        pairs[chr(_LEADING + syllable // 21) + chr(_VOWELS + syllable % 21)] = open_syllable
        for trailing in range(1, 28):
            pairs[open_syllable + chr(_TRAILING + trailing)] = chr(ord(open_syllable) + trailing)
    return pairs


def character_map(how: Normalization) -> dict[str, str]:
    """Return what lower-casing and leaving out accents, in their order, make of each character that they change."""
    steps = (
        lower_case() if Normalization.LOWERCASE in how else {},
        without_accents() if Normalization.STRIP_ACCENTS in how else {},
        {c: to for c, to in lower_case().items() if c.isascii()} if Normalization.ASCII_LOWERCASE in how else {},
    )
    found: dict[str, str] = {}
    for step in steps:
        found = {**step, **{c: "".join(step.get(part, part) for part in to) for c, to in found.items()}}
    return found
