"""N-grams of a text: of its words, and of the characters of each word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..base.errors import UsageError
from ..base.registry import register
from .counts import NgramCounts
from .features import Feature, Ragged
from .featurizer import NgramIndex, Tokens

if TYPE_CHECKING:
    import onnx_ir as ir
    from onnx_ir.tape import Tape

    from .token_values import TokenValues

MAX_NGRAM = 8  # words or characters of one n-gram


@register("feature", "ngrams")
class Ngrams(Feature):
    """The ids of a text's n-grams, each as often as the text has it, the highest ids first.

    N-grams of words are sequences of `words[0]` to `words[1]` tokens, n-grams of characters those of `characters[0]` to
    `characters[1]` characters of one token with a space before and after it; both as tokens are looked up. Of a token
    the first 100 characters count. N-grams that at least `min_count` training texts have are known, at most `max_size`
    of them, those of most texts; others are left out.
    """

    dims = ("G",)
    needs_fit = True

    def __init__(
        self,
        *,
        words: Sequence[int] | None = (1, 2),
        characters: Sequence[int] | None = (2, 4),
        min_count: int = 1,
        max_size: int | None = None,
    ) -> None:
        self.word_sizes, self.character_sizes = _sizes(words), _sizes(characters)
        self.min_count = min_count
        self.max_size = max_size
        self._counts: NgramCounts | None = None  # while texts are counted
        self._fitted = False
        self._words: list[list[str]] = []
        self._characters: list[str] = []
        self._frequencies: list[int] = []  # training texts that have each n-gram
        self._texts = 0
        self._index: NgramIndex | None = None

    @property
    def size(self) -> int | None:  # type: ignore[override]  # a number that fitting gives
        """Number of ids, padding among them; None before fitting."""
        return 1 + len(self._frequencies) if self._fitted else None

    @property
    def ngrams(self) -> tuple[list[list[str]], list[str]]:
        """The known n-grams of words and of characters: ids count from 1, those of words first.

        Raises `UsageError` before `fit` or `load_state`.
        """
        if not self._fitted:
            raise UsageError(f"{self!r} should be fitted before its n-grams are used.")
        return self._words, self._characters

    def count(self, tokens: Tokens) -> None:
        self._counts = self._counts or NgramCounts(self.word_sizes, self.character_sizes)
        self._counts.add(tokens)

    def fit(self) -> None:
        """Keep the n-grams of most texts; of equal ones words come first, then what is first by code points."""
        counts = self._counts or NgramCounts(self.word_sizes, self.character_sizes)
        words, characters = dict(_frequent(counts.words(), self.min_count)), counts.characters()
        of_characters = [(-found, 1, (ngram,)) for ngram, found in characters if found >= self.min_count]
        kept = sorted([*((-found, 0, ngram) for ngram, found in words.items()), *of_characters])[: self.max_size]
        kept.sort(key=lambda ngram: ngram[1])  # stable: the most frequent ones stay first
        self._words = [list(ngram) for _, kind, ngram in kept if kind == 0]
        self._characters = [ngram[0] for _, kind, ngram in kept if kind == 1]
        self._frequencies = [-found for found, _, _ in kept]
        self._texts, self._fitted, self._counts, self._index = counts.texts, True, None, None

    def inverse_document_frequencies(self) -> NDArray[np.float32]:
        """Return log((1 + N) / (1 + n)) + 1 of each id that n of N training texts have, and 0 of padding.

        Source: scikit-learn's `TfidfTransformer`, whose sums with 1 are as if one more text had every n-gram.
        """
        found = np.log((1 + self._texts) / (1 + np.array(self._frequencies, np.float64))) + 1
        return np.concatenate([[0.0], found]).astype(np.float32)

    def compute(self, tokens: Tokens) -> Ragged:
        """Return the ids of all texts, as values of their first tokens."""
        self._index = self._index or NgramIndex(*self.ngrams)
        ids, offsets = tokens.ngram_ids(self._index)
        return Ragged(ids, (tokens.row_offsets, offsets))

    def onnx(self, tape: Tape, tokens: TokenValues) -> ir.Value:
        """Return [B, G] ids."""
        from .ngram_graph import ngram_ids  # it imports what only exporting needs

        return ngram_ids(tape, tokens, *self.ngrams)

    def state(self) -> dict[str, Any]:
        words, characters = self.ngrams
        kept: dict[str, Any] = {"words": words, "characters": characters}
        return {**kept, "frequencies": self._frequencies, "texts": self._texts}

    def load_state(self, state: dict[str, Any]) -> None:
        self._words, self._characters = list(state["words"]), list(state["characters"])
        self._frequencies, self._texts = list(state["frequencies"]), state["texts"]
        self._fitted, self._index = True, None

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_index": None}  # the C++ trie is made again on demand


def _sizes(sizes: Sequence[int] | None) -> tuple[int, int]:
    return (0, 0) if sizes is None else (sizes[0], sizes[1])


def _frequent(counts: list[tuple[list[str], int]], least: int) -> list[tuple[tuple[str, ...], int]]:
    return [(tuple(ngram), found) for ngram, found in counts if found >= least]
