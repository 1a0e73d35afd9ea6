"""Features of a word without a vocabulary: its hash, and how rare it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..base.errors import UsageError
from ..base.registry import register
from .counts import TextCounts
from .features import Feature, Ragged
from .featurizer import Tokens
from .vocabulary import FIRST, PADDING, Vocabulary

if TYPE_CHECKING:
    import onnx_ir as ir
    from onnx_ir.tape import Tape

    from .token_values import TokenValues


@register("feature", "word_hash")
class WordHash(Feature):
    """MurmurHash3 (Appleby, 2011; x86, 32 bits, seed 0) of each token's UTF-8 bytes, normalized as the input says.

    The hash of no bytes, which is what padding has, is 0.
    """

    dtype = np.uint32

    def compute(self, tokens: Tokens) -> Ragged:
        """Return [N] hashes, 0 to 2**32 - 1."""
        return Ragged(tokens.hashes(), (tokens.row_offsets,))

    def onnx(self, tape: Tape, tokens: TokenValues) -> ir.Value:
        """Return [B, T] int64, by onnxruntime's own operator."""
        from .token_values import INT64, UINT32, typed  # it imports what only exporting needs

        attributes = {"positive": 1, "seed": 0}
        hashes = typed(tape.op("MurmurHash3", [tokens.flat], attributes, domain="com.microsoft"), UINT32, 1)
        return tokens.grid(tape, typed(tape.op("Cast", [hashes], {"to": INT64.value}), INT64, 1))


@register("feature", "inverse_document_frequency")
class InverseDocumentFrequency(Feature):
    """log(1 + (N - n + 0.5) / (n + 0.5)) of each token that n of N training texts have.

    Source: Robertson and Zaragoza (2009), section 3.1, with the 1 by which Lucene keeps it above 0. Words of fewer
    than `min_count` texts have the highest value, as if n were 0.
    """

    dtype = np.float32
    needs_fit = True

    def __init__(self, *, min_count: int = 1) -> None:
        self.min_count = min_count
        self._counts: TextCounts | None = None  # while texts are counted
        self._words: Vocabulary | None = None
        self._frequencies: list[int] = []  # of the words, in their order
        self._texts = 0
        self._values = np.zeros(0, np.float32)  # of the words' ids

    @property
    def words(self) -> Vocabulary:
        """The words whose value is not the highest; raises `UsageError` before `fit` or `load_state`."""
        if self._words is None:
            raise UsageError(f"{self!r} should be fitted before it computes anything.")
        return self._words

    def count(self, tokens: Tokens) -> None:
        self._counts = self._counts or TextCounts()
        self._counts.add(tokens)

    def fit(self) -> None:
        counts = self._counts.items() if self._counts else []
        self._texts = self._counts.texts if self._counts else 0
        self._words = Vocabulary.build(counts, min_count=self.min_count)
        found = dict(counts)
        self._frequencies = [found[word] for word in self._words.entries]
        self._values = self._valued()
        self._counts = None

    def _valued(self) -> NDArray[np.float32]:
        frequencies = np.zeros(len(self.words))
        frequencies[FIRST:] = self._frequencies
        values = np.log1p((self._texts - frequencies + 0.5) / (frequencies + 0.5)).astype(np.float32)
        values[PADDING] = 0
        return values

    def compute(self, tokens: Tokens) -> Ragged:
        """Return [N] float32."""
        ids = tokens.ids(self.words)
        return Ragged(self._values[ids], (tokens.row_offsets,))

    def onnx(self, tape: Tape, tokens: TokenValues) -> ir.Value:
        """Return [B, T] float32."""
        from .token_values import FLOAT, typed  # it imports what only exporting needs

        words = self.words.entries
        padding, unknown, *known = self._values.tolist()
        attributes: dict[str, float | list[float] | list[str]] = {
            "keys_strings": ["", *words],
            "values_floats": [padding, *known],
            "default_float": unknown,
        }
        values = tape.op("LabelEncoder", [tokens.flat], attributes, domain="ai.onnx.ml")
        return tokens.grid(tape, typed(values, FLOAT, 1))

    def state(self) -> dict[str, Any]:
        return {"words": list(self.words.entries), "frequencies": self._frequencies, "texts": self._texts}

    def load_state(self, state: dict[str, Any]) -> None:
        self._words = Vocabulary(state["words"])
        self._frequencies = list(state["frequencies"])
        self._texts = state["texts"]
        self._values = self._valued()
