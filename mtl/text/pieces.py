"""Features of the pieces that a tokenizer makes of its tokens: an axis below tokens, and the way back.

Dimensions: B rows of a batch, T tokens and P pieces of its longest row, N tokens of all rows, Q pieces of one token.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..base.errors import UsageError
from ..base.registry import lookup, register
from .features import Feature, Ragged, VocabularyFeature
from .featurizer import Tokens
from .tokenizers import Tokenizer
from .vocabulary import Vocabulary

if TYPE_CHECKING:
    import onnx_ir as ir
    from onnx_ir.tape import Tape

    from .token_values import TokenValues


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
        from .token_values import INT64, integers, typed  # it imports what only exporting needs

        found = _values(tape, tokens)
        ids = tokens.look_up(tape, found.pieces, self.vocabulary)
        chosen = tape.op("Compress", [tape.op("Reshape", [ids, integers(tape, [-1])]), found.there], {"axis": 0})
        # The pieces of all rows, and the places of a grid that hold one, are in one order.
        lengths = tape.op("ReduceSum", [found.counts, integers(tape, [1])], {"keepdims": 1})
        longest = tape.op("ReduceMax", [lengths], {"keepdims": 0})
        zero, one = (tape.op("Squeeze", [integers(tape, [number])]) for number in (0, 1))
        inside = tape.op("Less", [tape.op("Range", [zero, longest, one]), lengths])
        places = tape.op("Transpose", [tape.op("NonZero", [inside])], {"perm": [1, 0]})
        empty = tape.op("Expand", [integers(tape, [0]), tape.op("Shape", [inside])])
        return typed(tape.op("ScatterND", [empty, places, chosen]), INT64, 2)


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


def _pieces(tokens: Tokens) -> tuple[list[str], dict[str, list[str]]]:
    """Return all tokens as they are looked up, and the pieces of each distinct one; those of padding are `[""]`."""
    tokenizer: Tokenizer = lookup("tokenizer", tokens.front_end.tokenizer)()
    words = [word for row in tokens.normalized() for word in row]
    pieces = {word: list(tokenizer.pieces(word)) if word else [""] for word in dict.fromkeys(words)}
    for word, found in pieces.items():
        if word and not (found and all(found)):
            raise UsageError(
                f"the tokenizer '{tokens.front_end.tokenizer}': a token should have at least one piece, none of them "
                f"empty. Found {found} for {word!r}."
            )
    return words, pieces


class _PieceValues(NamedTuple):
    """`pieces` string [N, Q]; `there` bool [N*Q]: where a piece is; `counts` int64 [B, T]."""

    pieces: ir.Value
    there: ir.Value
    counts: ir.Value


def _values(tape: Tape, tokens: TokenValues) -> _PieceValues:
    """Return the pieces of all tokens in the graph; features of one input share them."""
    from .token_values import INT64, integers, label_encoder, typed

    made = tokens.made.get("pieces")
    if isinstance(made, _PieceValues):
        return made
    tokenizer: Tokenizer = lookup("tokenizer", tokens.front_end.tokenizer)()
    pieces = tokenizer.onnx_pieces(tape, tokens)
    own = tape.op("ReduceSum", [label_encoder(tape, pieces, {"": 0}, 1), integers(tape, [1])], {"keepdims": 0})
    per_token = tape.op("Reshape", [own, tokens.shape])
    inside = tokens.inside(tape)
    # The one token of an empty text has a piece, too: of id 0, as padding has.
    least = tape.op("Cast", [inside], {"to": INT64.value})
    counts = typed(tape.op("Max", [per_token, least]), INT64, 2)
    width = tape.op("Shape", [pieces], {"start": 1, "end": 2})
    zero, one = (tape.op("Squeeze", [integers(tape, [number])]) for number in (0, 1))
    columns = tape.op("Range", [zero, tape.op("Squeeze", [width]), one])
    there = tape.op("Less", [columns, tape.op("Reshape", [counts, integers(tape, [-1, 1])])])
    found = _PieceValues(pieces, tape.op("Reshape", [there, integers(tape, [-1])]), counts)
    tokens.made["pieces"] = found
    return found
