"""The embeddings of a pretrained encoder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from mtl.base.errors import UsageError
from mtl.base.registry import InitialFolder, register
from mtl.model.module import Embedding, PaddedSequence, Pieces
from mtl.text.features import Feature
from mtl.text.own_pieces import PieceVocabulary
from mtl.text.pieces import PieceCounts, PieceIds

from ..hugging_face.config import EncoderConfig
from ..hugging_face.folder import WEIGHTS, completed
from ..hugging_face.names import EMBEDDINGS, of_embeddings
from ..hugging_face.weights import start_from
from ..layers.dropout import Dropout
from ..layers.limits import Rate
from ..layers.piece_rows import in_one_row, longest_first, only_second

_LAYERS = ("encoder.", "transformer.")  # tensors that the representation looks at


@register("embedding", "transformer")
class TransformerEmbedding(Embedding):
    """The embeddings of a pretrained encoder, which a representation `transformer` has the layers of.

    Each piece's vector is the sum of that of the piece and that of its position, normalized (Devlin et al., 2019,
    figure 2). `path` is a folder of Hugging Face's with the weights to begin with; the tokenizer of the inputs
    (`wordpiece`, `unigram`) is that of the same folder, and what it puts around a text ([CLS], [SEP]) is there for
    representations and poolings. A text is read up to the encoder's last position, unless its input has a
    `max_pieces` below that. `dropout` is, by default, as in the folder's config.json, and `config` is what that file
    says, which a run's recipe has. With a `config` and no `path` all weights begin at random. Of two texts in one row
    ([CLS] first [SEP] second [SEP]) each has a segment, as the tokenizer's file says.
    """

    reads_pairs = True

    def __init__(
        self,
        features: tuple[Feature, ...],
        *,
        path: InitialFolder | None = None,
        dropout: Rate | None = None,
        config: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.config = EncoderConfig.of(config or {})
        own = _vocabulary(features[0], self.config)
        self.before, self.after = own.before, own.after
        self.between, self.second = own.between, min(own.second, max(self.config.type_vocab_size, 1) - 1)
        size = self.config.hidden_size
        self.words = nn.Embedding(self.config.vocab_size, size)
        self.positions = nn.Embedding(self.config.max_position_embeddings, size)
        self.segments = nn.Embedding(self.config.type_vocab_size, size) if self.config.type_vocab_size else None
        self.norm = nn.LayerNorm(size, self.config.layer_norm_eps)
        self.dropout = Dropout(self.config.hidden_dropout_prob if dropout is None else dropout)
        for name in EMBEDDINGS:
            table = getattr(self, name)
            if isinstance(table, nn.Embedding):
                nn.init.normal_(table.weight, std=0.02)  # as BERT's
        if path is not None:
            start_from(
                Path(path) / WEIGHTS, {of_embeddings(name): own for name, own in self.named_parameters()}, _LAYERS
            )

    @classmethod
    def features(cls) -> tuple[Feature, ...]:
        """The ids of pieces in the tokenizer's vocabulary, and how many each token has."""
        return (PieceIds(), PieceCounts())

    @classmethod
    def completed(cls, values: Mapping[str, Any], data: Path) -> Mapping[str, Any]:
        """What the folder's config.json says is kept as `config`."""
        return completed(values, data)

    @classmethod
    def most_pieces(cls, values: Mapping[str, Any]) -> int | None:
        """As many as there are positions."""
        return EncoderConfig.of(values["config"]).positions

    @classmethod
    def own_pieces(cls, values: Mapping[str, Any]) -> int | None:
        """As many as config.json says that the encoder knows."""
        return EncoderConfig.of(values["config"]).vocab_size

    @classmethod
    def causal(cls, values: Mapping[str, Any]) -> bool:
        """What is put around a text is there from the first token on, and says where it ends."""
        return False

    def pieces(self, lengths: Tensor, ids: Tensor, counts: Tensor) -> PaddedSequence:
        """Return the ids of a text's pieces as [B, P, 1]."""
        return PaddedSequence(ids[:, :, None], (ids > 0).sum(1).clamp(min=1))

    def longest_first(self, lengths: Tensor, first: PaddedSequence, second: PaddedSequence) -> PaddedSequence:
        """Return the vectors of rows of two texts; where these have too many pieces, the longer one loses some."""
        counts = longest_first(_count(first), _count(second), self._room())
        found: PaddedSequence = self(lengths, *map(_first, (first, second), counts))
        return found

    def only_second(self, lengths: Tensor, first: PaddedSequence, second: PaddedSequence) -> PaddedSequence:
        """Return the vectors of rows of two texts; where these have too many pieces, the second one loses some."""
        counts = only_second(_count(first), _count(second), self._room())
        found: PaddedSequence = self(lengths, *map(_first, (first, second), counts))
        return found

    def _room(self) -> int:
        """Return how many pieces of two texts there are positions for."""
        return self.config.positions - len(self.before) - len(self.between or ()) - len(self.after)

    def forward(self, lengths: Tensor, *features: Tensor | PaddedSequence) -> Pieces | PaddedSequence:
        """Return [B, P, D] for the ids of pieces [B, P - what is put around] and how many each token has [B, T].

        For the ids of two texts' pieces, of which there are as many as there is room for, it is a sequence of rows of
        both.
        """
        ids, counts = features
        if isinstance(ids, PaddedSequence) and isinstance(counts, PaddedSequence):
            return self._of_two(ids, counts)
        if not isinstance(ids, Tensor) or not isinstance(counts, Tensor):
            raise TypeError("the embeddings of a transformer take ids and counts. Found sequences.")
        # Of an empty text there is the padding token alone, of id 0; an encoder knows it as what is put around it.
        pieces = (ids > 0).sum(1)
        first, last = len(self.before), len(self.after)
        framed = torch.cat(
            [
                *(ids.new_full((len(ids), 1), own) for own in self.before),
                (ids - 1).clamp(min=0),
                ids.new_zeros(len(ids), last),
            ],
            1,
        )
        places = torch.arange(framed.shape[1], device=ids.device)
        for number, own in enumerate(self.after):
            framed = torch.where(places[None, :] == (pieces + first + number)[:, None], own, framed)
        values = self._vectors(framed, None if self.segments is None else self.segments.weight[0])
        sequence = PaddedSequence(values, (pieces + first + last).clamp(min=1))
        return Pieces(sequence, counts, lengths, before=first, after=last)

    def _of_two(self, first: PaddedSequence, second: PaddedSequence) -> PaddedSequence:
        """Return the vectors of rows of two texts."""
        one, other = ((text.values[:, :, 0] - 1, _count(text)) for text in (first, second))
        row = in_one_row([*self.before, one, *(self.between or ()), other, *self.after])
        places = torch.arange(row.ids.shape[1], device=row.ids.device)
        begin = row.begins[len(row.begins) - len(self.after) - 1]
        segments = (places[None, :] >= begin[:, None]) * self.second
        values = self._vectors(row.ids, None if self.segments is None else self.segments(segments))
        return PaddedSequence(values, row.lengths.clamp(min=1))

    def _vectors(self, ids: Tensor, segments: Tensor | None) -> Tensor:
        """Return the vectors [B, P, D] of ids [B, P] at their places."""
        # No text has more pieces than positions; where others are longer, what comes after is padding.
        places = torch.arange(ids.shape[1], device=ids.device) + self.config.offset
        values = self.words(ids) + self.positions(places.clamp(max=self.positions.num_embeddings - 1))
        found: Tensor = self.dropout(self.norm(values if segments is None else values + segments))
        return found

    @property
    def output_dim(self) -> int:
        """Size of a vector."""
        return self.config.hidden_size


def _count(text: PaddedSequence) -> Tensor:
    """Return how many pieces texts have, [B]; of an empty one there is padding alone, of id 0."""
    return (text.values[:, :, 0] > 0).sum(1)


def _first(text: PaddedSequence, counts: Tensor) -> PaddedSequence:
    """Return the first pieces of texts, as many as `counts` [B] says."""
    places = torch.arange(text.values.shape[1], device=text.values.device)
    return PaddedSequence(text.values * (places[None, :] < counts[:, None])[:, :, None], counts.clamp(min=1))


def _vocabulary(feature: Feature, config: EncoderConfig) -> PieceVocabulary:
    """Return what is known of the vocabulary of the inputs' tokenizer; raises `UsageError` where it does not fit."""
    own = feature.own if isinstance(feature, PieceIds) else None
    if own is None:
        raise UsageError(
            "should read pieces that have ids of their own. Found a tokenizer without a vocabulary of pieces. Write "
            "'tokenizer: {type: wordpiece, path: DIR}' (or unigram) at its inputs, with the folder of the encoder."
        )
    if own.size > config.vocab_size:
        raise UsageError(
            f"should read pieces with ids below {config.vocab_size:,}, as many as the encoder has vectors of. Found a "
            f"tokenizer with {own.size:,}: 'path' of the inputs' tokenizer should be the folder of the encoder."
        )
    return own
