"""A word's vector from an LSTM over its characters."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mtl.base.registry import register
from mtl.model.module import Embedding, PaddedSequence
from mtl.text.features import CharacterIds, Feature
from mtl.text.vocabulary import FIRST, PADDING

from ..layers.limits import Count, WordLength
from ..representations.lstm import BiLSTM
from .char_cnn import distinct_rows


@register("embedding", "char_lstm")
class CharLSTM(Embedding):
    """An LSTM that reads a word's characters in both directions, its last state of each (Lample et al., 2016, 4.1).

    `hidden` is the size of each direction (vectors of 2 x hidden come out); characters are vectors of `char_dim`. Words
    are cut to `max_length` characters; characters seen fewer than `min_count` times share one vector.
    """

    def __init__(
        self,
        features: tuple[Feature, ...],
        *,
        hidden: Count = 25,
        char_dim: Count = 25,
        max_length: WordLength = 32,
        min_count: Count = 1,
    ) -> None:
        super().__init__()
        size = features[0].size
        self.characters = nn.Embedding(FIRST if size is None else size, char_dim, padding_idx=PADDING)
        self.encoder = BiLSTM(char_dim, hidden=hidden)

    @classmethod
    def features(cls, min_count: int = 1, max_length: int = 32) -> tuple[Feature, ...]:
        """Character ids under an alphabet of its own."""
        return (CharacterIds(min_count=min_count, max_length=max_length),)

    def forward(self, lengths: Tensor, *features: Tensor | PaddedSequence) -> PaddedSequence:
        """Return [B, T, 2 x hidden] for character ids [B, T, C]; zeros where a token has no character."""
        (ids,) = features
        if not isinstance(ids, Tensor):
            raise TypeError(f"a character embedding takes ids. Found {type(ids).__name__}.")
        words = ids.flatten(0, 1)
        if ids.is_meta:  # what is distinct depends on values, which are not there
            vectors = last_states(self.characters, self.encoder, words)
        else:
            distinct, places = distinct_rows(words)
            vectors = last_states(self.characters, self.encoder, distinct).index_select(0, places)
        return PaddedSequence(vectors.view(*ids.shape[:2], self.output_dim), lengths)

    @property
    def output_dim(self) -> int:
        """Twice the size of a direction."""
        return self.encoder.output_dim

    def exportable(self) -> nn.Module:
        """Return the same layers, the LSTM as an ONNX node."""
        return ExportedCharLSTM(self)


class ExportedCharLSTM(nn.Module):
    """The same over all tokens: which of them are equal is not asked."""

    def __init__(self, lstm: CharLSTM) -> None:
        super().__init__()
        self.characters = lstm.characters
        self.encoder = lstm.encoder.exportable()

    def forward(self, lengths: Tensor, ids: Tensor) -> PaddedSequence:
        """Return [B, T, 2 x hidden] for character ids [B, T, C]; zeros where a token has no character."""
        words = ids.view(ids.shape[0] * ids.shape[1], ids.shape[2])
        vectors = last_states(self.characters, self.encoder, words)
        return PaddedSequence(vectors.view(ids.shape[0], ids.shape[1], vectors.shape[1]), lengths)


def last_states(characters: nn.Module, encoder: nn.Module, words: Tensor) -> Tensor:
    """Return [N, 2 x hidden]: after the last character the forward states of words [N, C], at the first the backward.

    A word without characters has zeros.
    """
    counts = (words != PADDING).sum(1)
    states = encoder(PaddedSequence(characters(words), counts.clamp(min=1))).values
    hidden = states.shape[2] // 2
    last = (counts - 1).clamp(min=0)[:, None, None].expand(-1, 1, hidden)
    ends = torch.cat([states[:, :, :hidden].gather(1, last)[:, 0], states[:, 0, hidden:]], -1)
    return ends.masked_fill((counts == 0)[:, None], 0.0)
