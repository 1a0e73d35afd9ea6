"""What modules over two texts ask of the sizes and forms of what flows in."""

from __future__ import annotations

from torch import Tensor

from mtl.base.errors import UsageError, counted
from mtl.model.module import PaddedSequence


def two_sizes(sizes: tuple[int, ...]) -> tuple[int, int]:
    """Return the sizes of the two texts' vectors; raises `UsageError` where more or less flows in."""
    if len(sizes) != 2:
        raise UsageError(f"should take two texts and nothing else. Found {counted(len(sizes), 'input')}.")
    return sizes[0], sizes[1]


def same_size(sizes: tuple[int, ...]) -> int:
    """Return the size of both texts' vectors; raises `UsageError` where they differ.

    After the two texts', `sizes` may continue with those of their side branches.
    """
    if len(sizes) not in (2, 4):
        raise UsageError(
            f"should take two texts, and the side branches of both or of neither. Found {counted(len(sizes), 'input')}."
        )
    if sizes[0] != sizes[1]:
        raise UsageError(
            f"should take two texts with vectors of the same size, as they are compared number by number. "
            f"Found {sizes[0]} and {sizes[1]}."
        )
    return sizes[0]


def vector(text: Tensor | PaddedSequence) -> Tensor:
    """Return a text's vectors [B, D]; raises `TypeError` for a sequence."""
    if not isinstance(text, Tensor):
        raise TypeError("should take one vector per text: a pooling is missing. Found a sequence")
    return text


def tokens(text: Tensor | PaddedSequence) -> PaddedSequence:
    """Return a text's tokens; raises `TypeError` for pooled vectors."""
    if not isinstance(text, PaddedSequence):
        raise TypeError("should take a text's tokens: no pooling should come before it. Found one vector per text")
    return text
