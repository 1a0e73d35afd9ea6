"""A word's vector from how it is written."""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor, nn

from mtl.base.registry import register
from mtl.model.module import Embedding, PaddedSequence
from mtl.text.features import MAX_CHARACTERS, Feature
from mtl.text.shape_features import AffixIds, WordShapes
from mtl.text.vocabulary import FIRST, PADDING

from ..layers.limits import Count

Length = Annotated[int, Field(ge=0, le=MAX_CHARACTERS)]  # in characters


@register("embedding", "shape")
class Shape(Embedding):
    """A word's capitals and digits, prefixes and suffixes: the word features of classical taggers.

    The shape (`mtl components feature word_shapes` has the list) is a vector of `shape_dim` numbers: that of the word
    as it is in the text, also where the input lower-cases it for look-up. Beside it is a vector of `dim` numbers, the
    sum of those of its prefixes of 1 to `prefixes` characters and its suffixes of 1 to `suffixes` (0: none), of the
    word as it is looked up. Affixes that training words have fewer than `min_count` times share one vector.

    Sources: shapes, Bikel et al. (1997, Nymble), section 3.2; affixes, Ratnaparkhi (1996), section 3.
    """

    def __init__(
        self,
        features: tuple[Feature, ...],
        *,
        shape_dim: Count = 8,
        dim: Count = 16,
        prefixes: Length = 3,
        suffixes: Length = 3,
        min_count: Count = 2,
    ) -> None:
        super().__init__()
        self.shapes = nn.Embedding(features[0].size or FIRST, shape_dim, padding_idx=PADDING)
        self.affixes = None
        if prefixes or suffixes:
            self.affixes = nn.Embedding(features[1].size or FIRST, dim, padding_idx=PADDING)

    @classmethod
    def features(cls, prefixes: int = 3, suffixes: int = 3, min_count: int = 2) -> tuple[Feature, ...]:
        """The word's shape, and its affixes where any are asked for."""
        if not prefixes and not suffixes:
            return (WordShapes(),)
        return (WordShapes(), AffixIds(prefixes=prefixes, suffixes=suffixes, min_count=min_count))

    def forward(self, lengths: Tensor, *features: Tensor | PaddedSequence) -> PaddedSequence:
        """Return [B, T, output_dim] for shapes [B, T] and affixes [B, T, C]."""
        shapes, *affixes = features
        if not isinstance(shapes, Tensor):
            raise TypeError("a shape embedding takes ids. Found a sequence.")
        values = self.shapes(shapes)
        for ids in affixes:
            if self.affixes is not None:
                values = torch.cat([values, self.affixes(ids).sum(2)], -1)
        return PaddedSequence(values, lengths)

    @property
    def output_dim(self) -> int:
        """Sum of the sizes of both vectors."""
        return self.shapes.embedding_dim + (0 if self.affixes is None else self.affixes.embedding_dim)
