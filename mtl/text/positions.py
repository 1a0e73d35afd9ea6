"""The places of tokens in their texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..base.registry import register
from .features import Feature, Ragged
from .featurizer import Tokens
from .vocabulary import PADDING, Vocabulary

if TYPE_CHECKING:
    import onnx_ir as ir
    from onnx_ir.tape import Tape

    from .token_values import TokenValues

_NO_WORDS = Vocabulary(())  # every token is the unknown one, 1; padding is 0


@register("feature", "positions")
class Positions(Feature):
    """The number of each token in its text, from 1; 0 for the padding token of an empty text."""

    def compute(self, tokens: Tokens) -> Ragged:
        """Return [N] numbers."""
        real = tokens.ids(_NO_WORDS) != PADDING
        offsets = tokens.row_offsets
        numbers = np.arange(1, len(real) + 1) - np.repeat(offsets[:-1], np.diff(offsets))
        return Ragged((numbers * real).astype(self.dtype), (offsets,))

    def onnx(self, tape: Tape, tokens: TokenValues) -> ir.Value:
        """Return [B, T] numbers, 0 after a row's length."""
        from .token_values import INT64, scalar, typed  # it imports what only exporting needs

        width = tape.op("Squeeze", [tape.op("Shape", [tokens.surface], {"start": 1, "end": 2})])
        numbers = tape.op("Range", [scalar(tape, 1), tape.op("Add", [width, scalar(tape, 1)]), scalar(tape, 1)])
        real = tokens.grid(tape, tokens.look_up(tape, tokens.flat, _NO_WORDS))
        return typed(tape.op("Mul", [numbers, real]), INT64, 2)
