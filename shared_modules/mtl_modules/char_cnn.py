"""A word's vector from its characters."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mtl.features import CharacterIds, Feature
from mtl.module import Embedding, Sequence
from mtl.registry import register


@register("embedding", "char_cnn")
class CharCNN(Embedding):
    """Convolutions over a word's characters, the largest value of each filter (Ma and Hovy, 2016, section 2.1).

    `dim` filters in all are shared out over windows of `widths` characters; characters are vectors of `char_dim`.
    A window is centred on a character of the word and sees zeros beyond its ends, so that every word has as many
    windows as characters. Words are cut to `max_length` characters; characters seen fewer than `min_count` times
    share one vector.
    """

    def __init__(
        self,
        features: tuple[Feature, ...],
        *,
        dim: int = 50,
        widths: list[int] = [3],  # noqa: B006  # a recipe's default, never changed
        char_dim: int = 30,
        max_length: int = 32,
        min_count: int = 1,
    ) -> None:
        super().__init__()
        size = features[0].size
        self.characters = nn.Embedding(size if size is not None else 2, char_dim, padding_idx=0)
        share, rest = divmod(dim, len(widths))
        self.convolutions = nn.ModuleList(
            nn.Conv1d(char_dim, share + (i < rest), width) for i, width in enumerate(widths)
        )
        self._output_dim = dim

    @classmethod
    def features(cls, min_count: int = 1, max_length: int = 32) -> tuple[Feature, ...]:
        """Character ids under an alphabet of its own."""
        return (CharacterIds(min_count=min_count, max_length=max_length),)

    def forward(self, lengths: Tensor, *features: Tensor | Sequence) -> Sequence:
        """Return [B, T, dim] for character ids [B, T, C]; zeros where a token has no character."""
        (ids,) = features
        if not isinstance(ids, Tensor):
            raise TypeError(f"a character embedding takes ids. Found {type(ids).__name__}.")
        b, t, c = ids.shape
        words = ids.reshape(b * t, c)
        mask = words != 0
        values = self.characters(words).transpose(1, 2)
        filtered = []
        for convolution in self.convolutions:
            width = convolution.weight.shape[-1]
            out = convolution(F.pad(values, ((width - 1) // 2, width // 2)))
            filtered.append(out.masked_fill(~mask[:, None, :], float("-inf")).amax(-1))
        out = torch.cat(filtered, -1) if len(filtered) > 1 else filtered[0]
        out = out.masked_fill(~mask[:, :1], 0.0)
        return Sequence(out.view(b, t, self._output_dim), lengths)

    @property
    def output_dim(self) -> int:
        """Number of filters."""
        return self._output_dim
