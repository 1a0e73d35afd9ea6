"""The ids of words in a vocabulary that comes from a file."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from ..base.errors import DataError, Fault
from ..base.registry import register
from .features import WordIds
from .featurizer import Tokens
from .vocabulary import FIRST, Vocabulary
from .word_lists import read_words


@register("feature", "listed_word_ids")
class ListedWordIds(WordIds):
    """The id of each token in a vocabulary of the words of a file, in its order, whatever training texts hold.

    Fitting raises `DataError` where it has none of their words.
    """

    def __init__(self, *, words: str) -> None:
        super().__init__()
        self.file = words
        self._read = Vocabulary()
        self._masks: list[str] = []
        self._digest = ""  # of what the file says
        self._place = Path(words)
        self._seen = self._known = 0  # tokens of training texts

    @property
    def key(self) -> tuple[object, ...]:
        """Options, and what the file says."""
        return (*super().key, ("digest", self._digest))

    @property
    def grows(self) -> bool:
        """No entry is added: the file says which there are."""
        return False

    def read_files(self, base: Path) -> dict[str, str]:
        self._place = base / self.file
        self._read = Vocabulary(read_words(self._place))
        self._digest = hashlib.sha256(json.dumps(self._read.entries).encode()).hexdigest()
        return {f"vocabulary ({self.file})": self._digest}

    def count(self, tokens: Tokens) -> None:
        ids = tokens.ids(self._read)
        self._seen += len(ids)
        self._known += int((ids >= FIRST).sum())

    def count_mask(self, mask: Tokens) -> None:
        self._masks += [word for row in mask.normalized() for word in row]

    def fit(self) -> None:
        """Take the words of the file, and a mask; where none was read, there are none."""
        if self._digest and self._seen and not self._known:
            message = (
                "should have words of the training texts, written as tokens are after normalization (lower case, say). "
                "It has none of them."
            )
            raise DataError(Fault(message, file=str(self._place)))
        self._vocabulary = Vocabulary(dict.fromkeys([*self._read.entries, *self._masks]))

    def state(self) -> dict[str, Any]:
        return {**super().state(), "digest": self._digest}

    def load_state(self, state: dict[str, Any]) -> None:
        super().load_state(state)
        self._digest = state["digest"]
