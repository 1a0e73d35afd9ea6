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

_LAYERS = ("encoder.", "transformer.")  # tensors that the representation looks at


@register("embedding", "transformer")
class TransformerEmbedding(Embedding):
    """The embeddings of a pretrained encoder, which a representation `transformer` has the layers of.

    Each piece's vector is the sum of that of the piece and that of its position, normalized (Devlin et al., 2019,
    figure 2). `path` is a folder of Hugging Face's with the weights to begin with; the tokenizer of the inputs
    (`wordpiece`, `unigram`) is that of the same folder, and what it puts around a text ([CLS], [SEP]) is there for
    representations and poolings. A text is read up to the encoder's last position, unless its input has a
    `max_pieces` below that. `dropout` is, by default, as in the folder's config.json, and `config` is what that file
    says, which a run's recipe has. With a `config` and no `path` all weights begin at random.
    """

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
    def causal(cls, values: Mapping[str, Any]) -> bool:
        """What is put around a text is there from the first token on, and says where it ends."""
        return False

    def forward(self, lengths: Tensor, *features: Tensor | PaddedSequence) -> Pieces:
        """Return [B, P, D] for the ids of pieces [B, P - what is put around] and how many each token has [B, T]."""
        ids, counts = features
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
        # No text has more pieces than positions; where others are longer, what comes after is padding.
        places = (places + self.config.offset).clamp(max=self.positions.num_embeddings - 1)
        values = self.words(framed) + self.positions(places)
        if self.segments is not None:
            values = values + self.segments.weight[0]
        sequence = PaddedSequence(self.dropout(self.norm(values)), (pieces + first + last).clamp(min=1))
        return Pieces(sequence, counts, lengths, before=first, after=last)

    @property
    def output_dim(self) -> int:
        """Size of a vector."""
        return self.config.hidden_size


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
