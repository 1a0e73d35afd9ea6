"""Tokens of texts and what is computed from them, in C++ (`featurizer_ext/`).

A tokenizer is one of

- `whitespace`: runs of characters that are not white space;
- `unicode_words`: runs of letters and numbers; every other character but white space by itself. Marks and format
  characters (zero-width joiners, soft hyphens, variation selectors, …) and skin tones stay with what they follow, as
  Unicode's rule WB4 says; where they follow white space or nothing, a run of them is a token. Emoji that a zero-width
  joiner links are one token (rule WB3c), and so are the two letters of a flag (WB15, WB16);
- `characters`: every character but white space by itself.

White space is the Unicode property White_Space (25 characters, in every tokenizer the same ones; U+001C to
U+001F, which `str.split` splits at, are not among them). NUL, control characters and unassigned code points
are ordinary characters. Normalizations (`mtl.text.normalization`) concern tokens, so they never change where
one begins, and are equal on every machine. Invalid UTF-8 and lone surrogates become U+FFFD. An exported graph splits
by the same code point ranges (`mtl.export.front_end`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import _featurizer
from .._featurizer import (
    UNICODE_VERSION,
    NameIndex,
    NgramIndex,
    digit_ranges,
    extend_ranges,
    flag_letter_ranges,
    pictographic_ranges,
    space_ranges,
    word_ranges,
)
from ..base.errors import UsageError, near_miss
from ..base.registry import lookup, names
from .front_end import FrontEnd
from .vocabulary import Vocabulary

__all__ = [
    "MAX_NGRAM_CHARACTERS",
    "RULES",
    "TOKENIZERS",
    "UNICODE_VERSION",
    "NameIndex",
    "NgramIndex",
    "PieceRows",
    "TokenPieces",
    "Tokens",
    "digit_ranges",
    "extend_ranges",
    "flag_letter_ranges",
    "pictographic_ranges",
    "space_ranges",
    "tokenize",
    "tokens_from_lists",
    "tokens_from_spans",
    "word_ranges",
]

TOKENIZERS = ("whitespace", "unicode_words", "characters")
FORMAT = 2  # of the rules that make tokens and ids of texts; every change of one has the next number
RULES = {"featurizer": FORMAT, "unicode": UNICODE_VERSION}  # what decides how texts become ids
WHITESPACE = FrontEnd("whitespace")
MAX_NGRAM_CHARACTERS = 100  # of a word; as `kNgramCharacters` in featurizer_ext/core/ngrams.h


class TokenPieces(NamedTuple):
    """Tokens as they are looked up, in order, and the pieces of each distinct one; those of padding are `[""]`."""

    words: list[str]
    pieces: dict[str, list[str]]


class PieceRows(NamedTuple):
    """The ids of the pieces of N tokens, one after another, 0 of padding, and how many pieces each token has, [N]."""

    ids: NDArray[np.int32]
    counts: NDArray[np.int64]


class Tokens:
    """The tokens of B rows of text, N in all, made by `tokenize` or `tokens_from_lists`.

    A row without any token still has one, the padding token `""` with id 0, so every row's length is
    at least 1. `front_end` says how they are normalized before they are looked up. Keeps its texts alive; never
    changes. Nothing is computed before it is asked for; `pieces` keeps the pieces (`mtl.text.pieces`) that were. `cut`
    is how many texts have more pieces than are read.
    """

    def __init__(self, native: _featurizer.Tokens, front_end: FrontEnd, spans: NDArray[np.int64] | None = None) -> None:
        self.front_end = front_end
        self.pieces: TokenPieces | PieceRows | None = None
        self.cut = 0
        self._native = native
        self._spans = spans  # where the tokens came as such, cut out of a text
        self._row_offsets: NDArray[np.int64] | None = None  # every look-up finds them on the way

    def under(self, front_end: FrontEnd) -> Tokens:
        """Return these tokens as another front end, which splits texts alike, looks them up."""
        tokens = Tokens(self._native, front_end, self._spans)
        tokens._row_offsets = self._row_offsets
        tokens.cut = self.cut
        return tokens

    @property
    def row_offsets(self) -> NDArray[np.int64]:
        """[B+1]: row r has the tokens from `row_offsets[r]` up to `row_offsets[r + 1]`."""
        if self._row_offsets is None:
            self._row_offsets = self._native.row_offsets()
        return self._row_offsets

    @property
    def lengths(self) -> NDArray[np.int64]:
        """[B]: tokens per row."""
        return np.diff(self.row_offsets)

    def __len__(self) -> int:
        """Return the number of rows, B."""
        return len(self.row_offsets) - 1

    def strings(self) -> list[list[str]]:
        """Return every row's tokens as they are in the text."""
        return self._native.strings(0)

    def normalized(self) -> list[list[str]]:
        """Return every row's tokens as they are looked up."""
        return self._native.strings(self.front_end.normalization)

    def spans(self) -> NDArray[np.int64]:
        """Return [N, 2]: where each token begins and ends, in characters (code points) of its row's text.

        In rows from `tokens_from_lists` the text is the row's tokens joined by one space.
        """
        return self._native.spans() if self._spans is None else self._spans

    def ids(self, vocabulary: Vocabulary) -> NDArray[np.int32]:
        """Return [N]: each token's id in the vocabulary."""
        ids, self._row_offsets = self._native.word_ids(vocabulary.words, self.front_end.normalization)
        return ids

    def hashes(self) -> NDArray[np.uint32]:
        """Return [N]: MurmurHash3 (x86, 32 bits, seed 0) of each token's UTF-8 bytes; 0 for the padding token."""
        return self._native.word_hashes(self.front_end.normalization)

    def character_ids(self, vocabulary: Vocabulary, max_length: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return the ids of each token's first `max_length` characters, and [N+1] offsets of the tokens in them."""
        ids, offsets, self._row_offsets = self._native.character_ids(
            vocabulary.characters, self.front_end.normalization, max_length
        )
        return ids, offsets

    def byte_ids(self, max_length: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return the first `max_length` bytes of each token's UTF-8 as 1 to 256, and [N+1] offsets of the tokens."""
        ids, offsets, self._row_offsets = self._native.byte_ids(self.front_end.normalization, max_length)
        return ids, offsets

    def affix_ids(
        self, prefixes: Vocabulary, suffixes: Vocabulary, most: tuple[int, int]
    ) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return the ids of each token's prefixes and suffixes of 1 to `most` characters, and [N+1] offsets in them.

        A token has as many as there are lengths, 0 where it is too short. Ids of suffixes count on from those of
        prefixes.
        """
        how = self.front_end.normalization
        ids, offsets, self._row_offsets = self._native.affix_ids(prefixes.words, suffixes.words, how, *most)
        return ids, offsets

    def name_flags(self, names: NameIndex, *, ends: bool) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return a flag for each token and each type of names, and [N+1] offsets of the tokens in them.

        0 outside of names, else 1 + type * positions + position: begin, inside or, with `ends`, begin, inside, end,
        single. Names of a type are looked for from the left, and the longest one is taken.
        """
        flags, offsets, self._row_offsets = self._native.name_flags(names, self.front_end.normalization, ends)
        return flags, offsets

    def ngram_ids(self, ngrams: NgramIndex) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return the ids of each row's n-grams, and [N+1] offsets of the tokens in them.

        A row has an id as often as the n-gram; the highest ids come first, and all are values of its first token.
        """
        ids, offsets, self._row_offsets = self._native.ngram_ids(ngrams, self.front_end.normalization)
        return ids, offsets

    def shapes(self) -> NDArray[np.int32]:
        """Return [N]: how each token is written in the text, not normalized (see `mtl.text.shapes.SHAPES`)."""
        return self._native.shapes()


def tokenize(texts: Iterable[str | bytes], front_end: FrontEnd | str) -> Tokens:
    """Split texts into tokens as a front end says, or a tokenizer alone; `bytes` are read as UTF-8.

    Raises `UsageError` for a tokenizer that does not exist and `TypeError` for a text that is not text; the content of
    a text never raises. Registered tokenizers (`mtl.text.tokenizers`) are found by name too.

    >>> tokenize(["play Hey Jude!", ""], "unicode_words").strings()
    [['play', 'Hey', 'Jude', '!'], ['']]
    >>> tokenize(["play Hey Jude!"], FrontEnd(max_tokens=2)).strings()
    [['play', 'Hey']]
    """
    front = FrontEnd(front_end) if isinstance(front_end, str) else front_end
    tokenizer, most = front.tokenizer, front.max_tokens or 0
    if tokenizer in TOKENIZERS:
        return Tokens(_featurizer.Tokens(texts, _featurizer.Tokenizer.__members__[tokenizer], most), front)
    known = (*TOKENIZERS, *(name for name in names("tokenizer") if name not in TOKENIZERS))
    if tokenizer not in known:
        hint = near_miss(tokenizer, known) or f" There are: {', '.join(known)}."
        raise UsageError(f"no tokenizer named '{tokenizer}'.{hint}")
    made = lookup("tokenizer", tokenizer)() if front.made is None else front.made
    found: Tokens = made.tokenize(texts, front)
    return found.under(front)


def tokens_from_spans(
    texts: Sequence[str], spans: Sequence[Sequence[tuple[int, int]]], front_end: FrontEnd = WHITESPACE
) -> Tokens:
    """Cut tokens out of texts; `spans` says of each text where its tokens begin and end, in characters.

    >>> tokens_from_spans(["play it", ""], [[(0, 4), (5, 7)], []]).spans().tolist()
    [[0, 4], [5, 7], [0, 0]]
    """
    rows = [[text[begin:end] for begin, end in row] for text, row in zip(texts, spans, strict=True)]
    bounds = [span for row in spans for span in (row or [(0, 0)])]  # a row without tokens has one of padding
    return Tokens(_featurizer.Tokens(rows), front_end, np.array(bounds, np.int64).reshape(-1, 2))


def tokens_from_lists(rows: Iterable[Iterable[str | bytes]], front_end: FrontEnd = WHITESPACE) -> Tokens:
    """Take rows that are split already, as many of their tokens as a front end reads.

    >>> tokens_from_lists([["New York", "!"], []]).strings()
    [['New York', '!'], ['']]
    """
    return Tokens(_featurizer.Tokens(rows, front_end.max_tokens or 0), front_end)
