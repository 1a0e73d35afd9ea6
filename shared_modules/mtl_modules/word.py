"""One trainable vector per word."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from mtl.base.errors import DataError, counted
from mtl.base.progress import Note
from mtl.base.registry import InitialFile, register
from mtl.model.module import Embedding, PaddedSequence
from mtl.text.features import Feature, WordIds
from mtl.text.vocabulary import FIRST, PADDING, UNKNOWN

from .limits import Count, Rate
from .pretrained import dimension, read_vectors


@register("embedding", "word")
class WordEmbedding(Embedding):
    """A table of word vectors, trained with the model.

    `dim` is their size D. `min_count` and `max_size` limit the vocabulary. `pretrained` names a GloVe or
    fastText text file, packed by gzip or not, whose vectors the table starts from (words that it lacks start at
    random; the log has how many). `word_dropout` is the rate of words replaced by the unknown word in training,
    which is how the unknown word's vector learns.
    """

    def __init__(
        self,
        features: tuple[Feature, ...],
        *,
        dim: Count = 100,
        min_count: Count = 1,
        max_size: Count | None = None,
        pretrained: InitialFile | None = None,
        word_dropout: Rate = 0.0,
    ) -> None:
        super().__init__()
        (self.words,) = features
        size = self.words.size
        self.word_dropout = word_dropout
        self.table = nn.Embedding(FIRST if size is None else size, dim, padding_idx=PADDING)
        if pretrained is not None:
            self._start_from(Path(pretrained))

    @classmethod
    def features(cls, min_count: int = 1, max_size: int | None = None) -> tuple[Feature, ...]:
        """Word ids under a vocabulary of its own."""
        return (WordIds(min_count=min_count, max_size=max_size),)

    def _start_from(self, path: Path) -> None:
        found = dimension(path)
        if found != self.output_dim:
            raise DataError(f"'dim' should be {found}, the size of the vectors in {path}. Found {self.output_dim}.")
        weight = self.table.weight
        if weight.is_meta or not isinstance(self.words, WordIds):
            return
        ids = {word: i for i, word in enumerate(self.words.vocabulary.entries, FIRST)}
        rows, vectors = read_vectors(path, ids)
        with torch.no_grad():
            weight[torch.from_numpy(rows)] = torch.from_numpy(vectors).to(weight)
        self.notes = (covered(path, len(rows), len(ids)),)

    def forward(self, lengths: Tensor, *features: Tensor | PaddedSequence) -> PaddedSequence:
        """Return [B, T, dim] for word ids [B, T]."""
        (ids,) = features
        if not isinstance(ids, Tensor):
            raise TypeError(f"a word embedding takes ids. Found {type(ids).__name__}.")
        if self.training and self.word_dropout:
            dropped = torch.rand(ids.shape, device=ids.device) < self.word_dropout
            ids = torch.where(dropped & (ids != PADDING), UNKNOWN, ids)
        return PaddedSequence(self.table(ids), lengths)

    @property
    def output_dim(self) -> int:
        """Size of a vector."""
        return self.table.embedding_dim


def covered(path: Path, found: int, words: int) -> Note:
    """Return the note on a file that has vectors of `found` of a vocabulary's words.

    >>> covered(Path("glove.txt"), 812, 1024).message
    'pretrained: 812 of 1,024 words of the vocabulary have a vector in glove.txt.'
    """
    if found:
        return Note(f"pretrained: {found:,} of {counted(words, 'word')} of the vocabulary have a vector in {path}.")
    return Note(
        f"pretrained: 0 of {counted(words, 'word')} of the vocabulary have a vector in {path}: all start at random. "
        "Its words should be written as the input's tokens are (language, lower case).",
        warning=True,
    )
