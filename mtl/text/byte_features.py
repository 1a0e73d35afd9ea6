"""The bytes of tokens: for training here, for the exported graph in `byte_graph`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..base.errors import UsageError
from ..base.registry import register
from .features import MAX_CHARACTERS, Feature, Ragged
from .featurizer import Tokens

if TYPE_CHECKING:
    import onnx_ir as ir
    from onnx_ir.tape import Tape

    from .token_values import TokenValues

BYTES = 256


@register("feature", "byte_ids")
class ByteIds(Feature):
    """The first `max_length` bytes of each token's UTF-8, normalized as the input says: 1 for byte 0, to 256."""

    dims = ("T", "C")
    size = BYTES + 1

    def __init__(self, *, max_length: int = 48) -> None:
        if not 1 <= max_length <= MAX_CHARACTERS:
            raise UsageError(f"max_length should be a number from 1 to {MAX_CHARACTERS}. Found {max_length}.")
        self.max_length = max_length

    def compute(self, tokens: Tokens) -> Ragged:
        """Return the bytes of all tokens, and their bounds in tokens and rows."""
        ids, offsets = tokens.byte_ids(self.max_length)
        return Ragged(ids, (tokens.row_offsets, offsets))

    def onnx(self, tape: Tape, tokens: TokenValues) -> ir.Value:
        """Return [B, T, C] ids."""
        from .byte_graph import byte_ids  # it imports what only exporting needs

        return byte_ids(tape, tokens, self.max_length)
