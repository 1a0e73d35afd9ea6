"""How often tokens, and parts of them, occur in texts: what vocabularies are fitted to, counted in C++."""

from __future__ import annotations

from .. import _featurizer
from .featurizer import Tokens


class WordCounts:
    """How often each token occurs; a token is counted as it is looked up."""

    def __init__(self) -> None:
        self._native = _featurizer.WordCounts()

    def add(self, tokens: Tokens) -> None:
        """Count the tokens of a batch; padding tokens do not count."""
        self._native.add(tokens._native, tokens.front_end.normalization)

    def items(self) -> list[tuple[str, int]]:
        """Return (token, count) in order of first occurrence."""
        return self._native.items()


class TextCounts:
    """In how many texts each token occurs; a token is counted as it is looked up."""

    def __init__(self) -> None:
        self._native = _featurizer.TextCounts()

    @property
    def texts(self) -> int:
        """How many texts were counted, those without a token among them."""
        return self._native.texts

    def add(self, tokens: Tokens) -> None:
        """Count the texts of a batch."""
        self._native.add(tokens._native, tokens.front_end.normalization)

    def items(self) -> list[tuple[str, int]]:
        """Return (token, texts that have it) in order of first occurrence."""
        return self._native.items()


class CharacterCounts:
    """How often each character occurs among the first `max_length` ones of the tokens."""

    def __init__(self) -> None:
        self._native = _featurizer.CharacterCounts()

    def add(self, tokens: Tokens, max_length: int) -> None:
        """Count the characters of a batch."""
        self._native.add(tokens._native, tokens.front_end.normalization, max_length)

    def items(self) -> list[tuple[str, int]]:
        """Return (character, count) in code point order."""
        return self._native.items()


class AffixCounts:
    """How often tokens begin and end with each string of up to some number of characters, as they are looked up."""

    def __init__(self) -> None:
        self._native = _featurizer.AffixCounts()

    def add(self, tokens: Tokens, most: tuple[int, int]) -> None:
        """Count the prefixes and suffixes of a batch, of 1 to `most` characters."""
        self._native.add(tokens._native, tokens.front_end.normalization, *most)

    def prefixes(self) -> list[tuple[str, int]]:
        """Return (prefix, count) in order of first occurrence."""
        return self._native.prefixes()

    def suffixes(self) -> list[tuple[str, int]]:
        """Return (suffix, count) in order of first occurrence."""
        return self._native.suffixes()


class NgramCounts:
    """In how many texts each n-gram is, of words and of the characters of each word with a space at both its ends.

    Sizes are those of the shortest and the longest n-gram, (0, 0) for none.
    """

    def __init__(self, words: tuple[int, int], characters: tuple[int, int]) -> None:
        self._native = _featurizer.NgramCounts(words, characters)

    @property
    def texts(self) -> int:
        """How many texts were counted, those without an n-gram among them."""
        return self._native.texts

    def add(self, tokens: Tokens) -> None:
        """Count the texts of a batch."""
        self._native.add(tokens._native, tokens.front_end.normalization)

    def words(self) -> list[tuple[list[str], int]]:
        """Return (words, texts that have them one after another) in order of first occurrence of their beginning."""
        return self._native.words()

    def characters(self) -> list[tuple[str, int]]:
        """Return (characters, texts that have them) in order of first occurrence of their beginning."""
        return self._native.characters()
