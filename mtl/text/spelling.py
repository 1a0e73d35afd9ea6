"""Texts as sequences of characters: those of every token, and a blank after it.

However tokens were parted in a text, there is one blank between them: so the characters of a text follow from its
tokens, and a model of characters reads what a model of tokens reads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..base.registry import register
from .features import CharacterIds, Feature, Ragged
from .featurizer import Tokens
from .vocabulary import PADDING, Vocabulary

if TYPE_CHECKING:
    import onnx_ir as ir
    from onnx_ir.tape import Tape

    from .token_values import PieceValues, TokenValues

BLANK = " "  # no tokenizer of the library has white space in its tokens
_NO_CHARACTERS = Vocabulary(())


@register("feature", "spelled_ids")
class SpelledIds(CharacterIds):
    """The ids of all characters of a text, one after another: each token's first `max_length`, then that of a blank.

    A model of characters so learns that a blank follows a cut token, as it follows any other.

    Characters are those that `character_ids` has, and the blank.
    """

    dims = ("P",)
    own_pieces: ClassVar[bool] = True

    def fit(self) -> None:
        super().fit()
        self._vocabulary = Vocabulary((BLANK, *(entry for entry in self.vocabulary.entries if entry != BLANK)))

    def compute(self, tokens: Tokens) -> Ragged:
        """Return the ids of all characters, and their bounds in tokens and rows; of an empty text, id 0."""
        ids, offsets = tokens.character_ids(self.vocabulary, self.max_length)
        blank = np.where(np.diff(offsets) > 0, self.vocabulary.id(BLANK), PADDING)
        return Ragged(
            np.insert(ids, offsets[1:], blank).astype(self.dtype),
            (tokens.row_offsets, offsets + np.arange(len(offsets))),
        )

    def onnx(self, tape: Tape, tokens: TokenValues) -> ir.Value:
        """Return [B, P] ids."""
        from .piece_graph import packed  # it imports what only exporting needs

        return packed(tape, tokens, _spelled(tape, tokens, self.max_length), self.vocabulary)


@register("feature", "spelled_counts")
class SpelledCounts(Feature):
    """How many characters each token has, of its first `max_length`, with the blank after it."""

    own_pieces: ClassVar[bool] = True

    def __init__(self, *, max_length: int = 32) -> None:
        super().__init__()
        self.max_length = max_length

    def compute(self, tokens: Tokens) -> Ragged:
        """Return [N] counts; of the padding token of an empty text, 1."""
        _, offsets = tokens.character_ids(_NO_CHARACTERS, self.max_length)
        return Ragged((np.diff(offsets) + 1).astype(self.dtype), (tokens.row_offsets,))

    def onnx(self, tape: Tape, tokens: TokenValues) -> ir.Value:
        """Return [B, T] counts, 0 after a row's length."""
        return _spelled(tape, tokens, self.max_length).counts


def _spelled(tape: Tape, tokens: TokenValues, max_length: int) -> PieceValues:
    """Return the characters and blanks of all tokens in the graph; features of one input share them."""
    from .token_values import INT64, PieceValues, integers, label_encoder, scalar, strings, typed

    if max_length in tokens.shared.spelled:
        return tokens.shared.spelled[max_length]
    grid = tokens.characters(tape, max_length)
    width = tape.op("Shape", [grid], {"start": 2, "end": 3})
    characters = tape.op("Reshape", [grid, tape.op("Concat", [integers(tape, [-1]), width], {"axis": 0})])
    own = tape.op("ReduceSum", [label_encoder(tape, characters, {"": 0}, 1), integers(tape, [1])], {"keepdims": 1})
    # One more column, which the longest token has its blank in.
    column = tape.op("Expand", [strings(tape, [""]), tape.op("Shape", [own])])
    longer = tape.op("Concat", [characters, column], {"axis": 1})
    places = tape.op(
        "Range", [scalar(tape, 0), tape.op("Add", [tape.op("Squeeze", [width]), scalar(tape, 1)]), scalar(tape, 1)]
    )
    real = tape.op("Greater", [own, integers(tape, [0])])
    blank = tape.op("And", [tape.op("Equal", [places, own]), real])
    pieces = typed(tape.op("Where", [blank, strings(tape, [BLANK]), longer]), longer.dtype or grid.dtype, 2)
    inside = tape.op("Cast", [tokens.inside(tape)], {"to": INT64.value})
    counts = tape.op("Add", [tape.op("Reshape", [own, tokens.shape]), inside])
    there = tape.op("Less", [places, tape.op("Reshape", [counts, integers(tape, [-1, 1])])])
    found = PieceValues(pieces, tape.op("Reshape", [there, integers(tape, [-1])]), typed(counts, INT64, 2))
    tokens.shared.spelled[max_length] = found
    return found
