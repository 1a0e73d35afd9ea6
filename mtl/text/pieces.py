"""Features of the pieces that a tokenizer makes of its tokens: an axis below tokens, and the way back.

Pieces are strings, whose ids are counted over training texts, or have ids of their own (`mtl.text.own_pieces`).

Dimensions: B rows of a batch, T tokens and P pieces of its longest row, N tokens of all rows, Q pieces of one token.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.errors import UsageError, short
from ..base.registry import name_of, register
from .features import Feature, Ragged, VocabularyFeature
from .featurizer import PieceRows, TokenPieces, Tokens
from .front_end import FrontEnd
from .own_pieces import OwnPieces, PieceVocabulary
from .tokenizers import Tokenizer, tokenizer_of
from .vocabulary import Vocabulary

if TYPE_CHECKING:
    import onnx_ir as ir
    from onnx_ir.tape import Tape

    from .token_values import TokenValues


@register("feature", "piece_ids")
class PieceIds(VocabularyFeature):
    """The ids of all pieces of a text's tokens, one after another, in a vocabulary of the training texts' pieces.

    Pieces seen at least `min_count` times are in it, `max_size` of them at most. Where the tokenizer has a vocabulary
    of its own, nothing is counted: ids are 1 higher than in that, as 0 is padding, and `own` is what is known of it.
    """

    dims = ("P",)

    def __init__(self, *, min_count: int = 1, max_size: int | None = None) -> None:
        super().__init__()
        self.min_count = min_count
        self.max_size = max_size
        self.own: PieceVocabulary | None = None
        self._counts: Counter[str] = Counter()  # while texts are counted

    def count(self, tokens: Tokens) -> None:
        tokenizer = tokens.front_end.made
        if isinstance(tokenizer, OwnPieces):
            self.own = tokenizer.vocabulary
            return
        words, pieces = _pieces(tokens)
        for word, times in Counter(words).items():
            for piece in pieces[word]:
                self._counts[piece] += times

    def fit(self) -> None:
        if self.own is None:
            self._vocabulary = Vocabulary.build(self._counts.items(), min_count=self.min_count, max_size=self.max_size)
        self._counts = Counter()

    @property
    def size(self) -> int | None:  # type: ignore[override]  # a number that fitting gives
        """Number of ids, padding among them; None before fitting."""
        return self.own.size + 1 if self.own is not None else super().size

    @property
    def grows(self) -> bool:
        return self.own is None

    def compute(self, tokens: Tokens) -> Ragged:
        """Return the ids of all pieces, and their bounds in tokens and rows."""
        if self.own is not None:
            ids, counts = own_rows(tokens)
            return Ragged(ids, (tokens.row_offsets, np.cumsum([0, *counts], dtype=np.int64)))
        words, pieces = _pieces(tokens)
        found = {word: [self.vocabulary.id(piece) for piece in of] for word, of in pieces.items()}
        values = np.array([id for word in words for id in found[word]], self.dtype)
        offsets = np.cumsum([0, *(len(found[word]) for word in words)], dtype=np.int64)
        return Ragged(values, (tokens.row_offsets, offsets))

    def onnx(self, tape: Tape, tokens: TokenValues) -> ir.Value:
        """Return [B, P] ids."""
        from .piece_graph import own_packed, packed, piece_values  # it imports what only exporting needs

        if self.own is not None:
            return own_packed(tape, tokens)
        return packed(tape, tokens, piece_values(tape, tokens), self.vocabulary)

    def state(self) -> dict[str, Any]:
        return super().state() if self.own is None else {"own": self.own.state()}

    def load_state(self, state: dict[str, Any]) -> None:
        self.own = PieceVocabulary.from_state(state["own"]) if "own" in state else None
        if self.own is None:
            super().load_state(state)


@register("feature", "piece_counts")
class PieceCounts(Feature):
    """How many pieces each token has: at least one."""

    def compute(self, tokens: Tokens) -> Ragged:
        """Return [N] counts; the padding token of an empty text has one piece, of id 0."""
        if isinstance(tokens.front_end.made, OwnPieces):
            return Ragged(own_rows(tokens).counts.astype(self.dtype), (tokens.row_offsets,))
        words, pieces = _pieces(tokens)
        return Ragged(np.array([len(pieces[word]) for word in words], self.dtype), (tokens.row_offsets,))

    def onnx(self, tape: Tape, tokens: TokenValues) -> ir.Value:
        """Return [B, T] counts, 0 after a row's length."""
        from .piece_graph import own_counts, piece_values  # it imports what only exporting needs

        if isinstance(tokens.front_end.made, OwnPieces):
            return own_counts(tape, tokens)
        return piece_values(tape, tokens).counts


def reads_pieces(feature: Feature) -> bool:
    """Say whether a feature is computed from the pieces of tokens: a tokenizer should have them in the graph, too."""
    return not feature.own_pieces and ("P" in feature.dims or isinstance(feature, PieceCounts))


def reads_own_pieces(front_end: FrontEnd, features: Iterable[Feature]) -> bool:
    """Say whether all that features read are pieces with ids of their own: words are not looked up then."""
    return isinstance(front_end.made, OwnPieces) and all(map(reads_pieces, features))


def own_rows(tokens: Tokens) -> PieceRows:
    """Return the pieces of tokens that have ids of their own, made once for all features of an input."""
    tokenizer = tokens.front_end.made
    if not isinstance(tokens.pieces, PieceRows):
        if not isinstance(tokenizer, OwnPieces):
            raise UsageError(f"the tokenizer '{tokens.front_end.tokenizer}' should have a vocabulary. There is none.")
        tokens.pieces = tokenizer.rows(tokens)
    return tokens.pieces


def _pieces(tokens: Tokens) -> TokenPieces:
    """Return the pieces of tokens, made once for all features of an input."""
    if not isinstance(tokens.pieces, TokenPieces):
        tokens.pieces = _made(tokens)
    return tokens.pieces


def _made(tokens: Tokens) -> TokenPieces:
    tokenizer = tokenizer_of(tokens.front_end)
    words = [word for row in tokens.normalized() for word in row]
    pieces = {word: _pieces_of(tokenizer, word) if word else [""] for word in dict.fromkeys(words)}
    for word, found in pieces.items():
        if word and not (found and all(found)):
            raise UsageError(
                f"the tokenizer '{tokens.front_end.tokenizer}': a token should have at least one piece, none of them "
                f"empty. Found {found} for {word!r}."
            )
    return TokenPieces(words, pieces)


def _pieces_of(tokenizer: Tokenizer, word: str) -> list[str]:
    try:
        return list(tokenizer.pieces(word))
    except Exception as error:  # whatever a plugin's code raises
        raise UsageError(
            f"the tokenizer '{name_of(type(tokenizer))}' should have pieces of any token. "
            f"Found {type(error).__name__}: {error}, of {short(word)}."
        ) from error
