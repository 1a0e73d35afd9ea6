"""Features of the pieces that a tokenizer makes of its tokens: an axis below tokens, and the way back.

Dimensions: B rows of a batch, T tokens and P pieces of its longest row, N tokens of all rows, Q pieces of one token.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from ..base.errors import ExportError, UsageError, short
from ..base.registry import lookup, name_of, register
from .features import Feature, Ragged, VocabularyFeature
from .featurizer import TokenPieces, Tokens
from .tokenizers import Tokenizer
from .vocabulary import Vocabulary

if TYPE_CHECKING:
    import onnx_ir as ir
    from onnx_ir.tape import Tape

    from .token_values import PieceValues, TokenValues


@register("feature", "piece_ids")
class PieceIds(VocabularyFeature):
    """The ids of all pieces of a text's tokens, one after another, in a vocabulary of the training texts' pieces.

    Pieces seen at least `min_count` times are in it, `max_size` of them at most.
    """

    dims = ("P",)

    def __init__(self, *, min_count: int = 1, max_size: int | None = None) -> None:
        super().__init__()
        self.min_count = min_count
        self.max_size = max_size
        self._counts: Counter[str] = Counter()  # while texts are counted

    def count(self, tokens: Tokens) -> None:
        words, pieces = _pieces(tokens)
        for word, times in Counter(words).items():
            for piece in pieces[word]:
                self._counts[piece] += times

    def fit(self) -> None:
        self._vocabulary = Vocabulary.build(self._counts.items(), min_count=self.min_count, max_size=self.max_size)
        self._counts = Counter()

    def compute(self, tokens: Tokens) -> Ragged:
        """Return the ids of all pieces, and their bounds in tokens and rows."""
        words, pieces = _pieces(tokens)
        ids = {word: [self.vocabulary.id(piece) for piece in found] for word, found in pieces.items()}
        values = np.array([id for word in words for id in ids[word]], self.dtype)
        offsets = np.cumsum([0, *(len(ids[word]) for word in words)], dtype=np.int64)
        return Ragged(values, (tokens.row_offsets, offsets))

    def onnx(self, tape: Tape, tokens: TokenValues) -> ir.Value:
        """Return [B, P] ids."""
        return packed(tape, tokens, _values(tape, tokens), self.vocabulary)


@register("feature", "piece_counts")
class PieceCounts(Feature):
    """How many pieces each token has: at least one."""

    def compute(self, tokens: Tokens) -> Ragged:
        """Return [N] counts; the padding token of an empty text has one piece, of id 0."""
        words, pieces = _pieces(tokens)
        return Ragged(np.array([len(pieces[word]) for word in words], self.dtype), (tokens.row_offsets,))

    def onnx(self, tape: Tape, tokens: TokenValues) -> ir.Value:
        """Return [B, T] counts, 0 after a row's length."""
        return _values(tape, tokens).counts


def reads_pieces(feature: Feature) -> bool:
    """Say whether a feature is computed from the pieces of tokens: a tokenizer should have them in the graph, too."""
    return not feature.own_pieces and ("P" in feature.dims or isinstance(feature, PieceCounts))


def packed(tape: Tape, tokens: TokenValues, found: PieceValues, vocabulary: Vocabulary) -> ir.Value:
    """Return the ids of the pieces of all tokens of each row one after another, [B, P], 0 after the last one."""
    from .token_values import INT64, integers, scalar, typed  # it imports what only exporting needs

    ids = tokens.look_up(tape, found.pieces, vocabulary)
    chosen = tape.op("Compress", [tape.op("Reshape", [ids, integers(tape, [-1])]), found.there], {"axis": 0})
    # The pieces of all rows, and the places of a grid that hold one, are in one order.
    lengths = tape.op("ReduceSum", [found.counts, integers(tape, [1])], {"keepdims": 1})
    longest = tape.op("ReduceMax", [lengths], {"keepdims": 0})
    inside = tape.op("Less", [tape.op("Range", [scalar(tape, 0), longest, scalar(tape, 1)]), lengths])
    places = tape.op("Transpose", [tape.op("NonZero", [inside])], {"perm": [1, 0]})
    empty = tape.op("Expand", [integers(tape, [0]), tape.op("Shape", [inside])])
    return typed(tape.op("ScatterND", [empty, places, chosen]), INT64, 2)


def _pieces(tokens: Tokens) -> TokenPieces:
    """Return the pieces of tokens, made once for all features of an input."""
    if tokens.pieces is None:
        tokens.pieces = _made(tokens)
    return tokens.pieces


def _made(tokens: Tokens) -> TokenPieces:
    tokenizer: Tokenizer = lookup("tokenizer", tokens.front_end.tokenizer)()
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


def _values(tape: Tape, tokens: TokenValues) -> PieceValues:
    """Return the pieces of all tokens in the graph; features of one input share them.

    Raises `ExportError` where the tokenizer has them in training alone.
    """
    from .token_values import INT64, PieceValues, integers, label_encoder, scalar, typed

    if tokens.shared.pieces is not None:
        return tokens.shared.pieces
    name = tokens.front_end.tokenizer
    tokenizer: Tokenizer = lookup("tokenizer", name)()
    lacking = tokenizer.missing(pieces=True)
    if lacking is not None:
        raise ExportError(f"pieces of tokens: the tokenizer '{name}' should have a method '{lacking}'. Found none.")
    pieces = tokenizer.onnx_pieces(tape, tokens)
    own = tape.op("ReduceSum", [label_encoder(tape, pieces, {"": 0}, 1), integers(tape, [1])], {"keepdims": 0})
    per_token = tape.op("Reshape", [own, tokens.shape])
    inside = tokens.inside(tape)
    # The one token of an empty text has a piece, too: of id 0, as padding has.
    least = tape.op("Cast", [inside], {"to": INT64.value})
    counts = typed(tape.op("Max", [per_token, least]), INT64, 2)
    width = tape.op("Shape", [pieces], {"start": 1, "end": 2})
    columns = tape.op("Range", [scalar(tape, 0), tape.op("Squeeze", [width]), scalar(tape, 1)])
    there = tape.op("Less", [columns, tape.op("Reshape", [counts, integers(tape, [-1, 1])])])
    tokens.shared.pieces = PieceValues(pieces, tape.op("Reshape", [there, integers(tape, [-1])]), counts)
    return tokens.shared.pieces
