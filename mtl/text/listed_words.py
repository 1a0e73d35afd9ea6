"""The ids of words in a vocabulary that comes from a file."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from ..base.registry import register
from .features import WordIds
from .featurizer import Tokens
from .vocabulary import Vocabulary
from .word_lists import read_words


@register("feature", "listed_word_ids")
class ListedWordIds(WordIds):
    """The id of each token in a vocabulary of the words of a file, in its order, whatever training texts hold."""

    def __init__(self, *, words: str) -> None:
        super().__init__()
        self.file = words
        self._read: list[str] = []
        self._digest = ""  # of what the file says

    @property
    def key(self) -> tuple[object, ...]:
        """Options, and what the file says."""
        return (*super().key, ("digest", self._digest))

    def read_files(self, base: Path) -> dict[str, str]:
        self._read = read_words(base / self.file)
        self._digest = hashlib.sha256("\n".join(self._read).encode("utf-8", "surrogatepass")).hexdigest()
        return {f"vocabulary ({self.file})": self._digest}

    def count(self, tokens: Tokens) -> None:
        """Count nothing: the file says which words there are."""

    def fit(self) -> None:
        """Take the words of the file; where none was read, there are none."""
        self._vocabulary = Vocabulary(self._read)

    def state(self) -> dict[str, Any]:
        return {**super().state(), "digest": self._digest}

    def load_state(self, state: dict[str, Any]) -> None:
        super().load_state(state)
        self._digest = state["digest"]
