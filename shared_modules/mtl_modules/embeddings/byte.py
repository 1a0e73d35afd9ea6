"""A word's vector from its bytes."""

from __future__ import annotations

from mtl.base.registry import register
from mtl.text.byte_features import ByteIds
from mtl.text.features import Feature

from ..layers.limits import Count, WordLength
from .char_cnn import CharCNN


@register("embedding", "byte")
class ByteCNN(CharCNN):
    """Convolutions over the bytes of a word's UTF-8, as `char_cnn` has them over characters: no byte is unknown.

    `dim` filters in all are shared out over windows of `widths` bytes; bytes are vectors of `byte_dim`. Words are cut
    to `max_length` bytes. Sources: the convolutions, Ma and Hovy (2016), section 2.1; bytes in place of characters,
    Gillick et al. (2016), section 3.
    """

    def __init__(
        self,
        features: tuple[Feature, ...],
        *,
        dim: Count = 50,
        widths: list[Count] = [3],  # noqa: B006  # a recipe's default, never changed
        byte_dim: Count = 30,
        max_length: WordLength = 48,
    ) -> None:
        super().__init__(features, dim=dim, widths=widths, char_dim=byte_dim)

    @classmethod
    def features(cls, max_length: int = 48) -> tuple[Feature, ...]:  # type: ignore[override]  # the keys that it has
        """The bytes of tokens."""
        return (ByteIds(max_length=max_length),)
